"""Reading of `settings.yaml`: every mistake is found, and told with its file and line."""

from __future__ import annotations

import difflib
import math
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from xpm_store.errors import SettingsError
from xpm_store.settings import (
    AuxiliaryFolder,
    CarbonSettings,
    HistorySettings,
    ServerSettings,
    Settings,
    SshSettings,
    WorkspaceSettings,
)

__all__ = ["read_settings"]

_VARIABLE = re.compile(r"\$\{(?:oc\.env:|env[:.])(\w+)\}")


def read_settings(path: Path, text: str) -> Settings:
    """The settings that `text`, the content of the file `path`, describes.

    Raises:
        SettingsError: with one line per mistake, in the order of the file.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SettingsError([_yaml_mistake(path, error)]) from None
    if root is None:
        return Settings(source=path)
    reader = _Reader(path)
    values = reader.mapping(root, "settings", _SETTINGS)
    _check_names(reader, root, values)
    if reader.mistakes:
        raise SettingsError([f"{path}:{line}: {what}" for line, what in sorted(reader.mistakes)])
    return Settings(**values, source=path)


def _yaml_mistake(path: Path, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = str(path) if mark is None else f"{path}:{mark.line + 1}"
    problem = getattr(error, "problem", None) or str(error)
    return f"{where}: this is not YAML: {problem}"


class _Reader:
    """Walks the YAML tree, converts, and collects mistakes instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mistakes: list[tuple[int, str]] = []

    def wrong(self, node: yaml.Node, message: str) -> None:
        self.mistakes.append((node.start_mark.line + 1, message))

    def mapping(self, node: yaml.Node, where: str, schema: _Schema) -> dict[str, Any]:
        """The values of a mapping; unknown, repeated and missing keys are mistakes."""
        if not isinstance(node, yaml.MappingNode):
            keys = ", ".join(schema)
            self.wrong(node, f"`{where}` takes keys ({keys}), not {_shown(node)}")
            return {}
        values: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in seen:
                self.wrong(key_node, f"`{key}` is given twice in `{where}` (line {seen[key]} too)")
            elif key not in schema:
                self.wrong(key_node, _unknown(key, where, schema))
            elif not _is_null(value_node):
                values[key] = schema[key](self, value_node, f"{where}.{key}")
            seen[key] = line
        return {key: value for key, value in values.items() if value is not _WRONG}

    def items(self, node: yaml.Node, where: str, what: str) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.wrong(node, f"`{where}` takes a list of {what}, not {_shown(node)}")
        return []

    def text(self, node: yaml.Node, where: str) -> str | _Wrong:
        """The text of a scalar as it is written, with the variables replaced."""
        if not isinstance(node, yaml.ScalarNode):
            self.wrong(node, f"`{where}` takes a text, not {_shown(node)}")
            return _WRONG
        # a variable that is not set leaves the text as it is: the file may serve other machines
        return _VARIABLE.sub(lambda m: os.environ.get(m[1], m[0]), str(node.value))

    def require(self, node: yaml.Node, where: str, values: Mapping[str, Any], *keys: str) -> bool:
        if not isinstance(node, yaml.MappingNode):
            return False
        written = {str(key.value) for key, _ in node.value}
        missing = [key for key in keys if key not in values]
        for key in missing:
            if key not in written:
                self.wrong(node, f"`{where}` needs the key `{key}`")
            elif any(str(k.value) == key and _is_null(v) for k, v in node.value):
                self.wrong(node, f"`{where}.{key}` is empty")
        return not missing


class _Wrong:
    """What stands for a value that could not be read."""


_WRONG = _Wrong()
_Convert = Callable[[_Reader, yaml.Node, str], Any]
_Schema = Mapping[str, _Convert]


def _text(reader: _Reader, node: yaml.Node, where: str) -> Any:
    return reader.text(node, where)


def _flag(reader: _Reader, node: yaml.Node, where: str) -> Any:
    text = reader.text(node, where)
    if isinstance(text, str):
        if text.lower() in ("true", "yes", "on", "1"):
            return True
        if text.lower() in ("false", "no", "off", "0"):
            return False
        reader.wrong(node, f'`{where}` takes true or false, not "{text}"')
    return _WRONG


def _integer(low: int, high: int | None = None) -> _Convert:
    bounds = f"from {low}" if high is None else f"from {low} to {high}"

    def convert(reader: _Reader, node: yaml.Node, where: str) -> Any:
        text = reader.text(node, where)
        if isinstance(text, str):
            if re.fullmatch(r"[+-]?\d{1,9}", text):
                value = int(text)
                if value >= low and (high is None or value <= high):
                    return value
            reader.wrong(node, f'`{where}` takes a whole number {bounds}, not "{text}"')
        return _WRONG

    return convert


def _seconds(reader: _Reader, node: yaml.Node, where: str) -> Any:
    text = reader.text(node, where)
    if isinstance(text, str):
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if 0 < value < math.inf:
            return value
        reader.wrong(node, f'`{where}` takes a number of seconds above 0, not "{text}"')
    return _WRONG


def _choice(*choices: str) -> _Convert:
    def convert(reader: _Reader, node: yaml.Node, where: str) -> Any:
        text = reader.text(node, where)
        if not isinstance(text, str) or text in choices:
            return text
        proposal = _did_you_mean(text.lower(), choices)
        reader.wrong(node, f'`{where}` takes {" or ".join(choices)}, not "{text}"{proposal}')
        return _WRONG

    return convert


def _lock_mode(reader: _Reader, node: yaml.Node, where: str) -> Any:
    text = reader.text(node, where)
    if not isinstance(text, str):
        return text
    if text in ("inherit", "umask") or re.fullmatch(r"(0o?)?[0-7]{3}", text):
        return text
    reader.wrong(node, f'`{where}` takes inherit, umask or a mode such as "0664", not "{text}"')
    return _WRONG


def _local_path(reader: _Reader, node: yaml.Node, where: str) -> Any:
    text = reader.text(node, where)
    if not isinstance(text, str):
        return text
    if "${" in text:  # a variable that is not set: told when the workspace is chosen
        return Path(text)
    path = Path(text).expanduser()
    if path.is_absolute():
        return path.resolve()
    reader.wrong(node, f'`{where}` takes a path from / or from ~, not "{text}"')
    return _WRONG


def _texts(reader: _Reader, node: yaml.Node, where: str) -> Any:
    read = [reader.text(item, where) for item in reader.items(node, where, "texts")]
    return tuple(text for text in read if isinstance(text, str))


def _environment(reader: _Reader, node: yaml.Node, where: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        reader.wrong(node, f"`{where}` takes NAME: value lines, not {_shown(node)}")
        return _WRONG
    values: dict[str, str] = {}
    for key, value in node.value:
        name = str(key.value)
        if not re.fullmatch(r"[^=\0]+", name):
            reader.wrong(key, f'"{name}" cannot be the name of a variable (`{where}`)')
        elif _is_null(value):
            reader.wrong(value, f'`{where}.{name}` has no value: write "" for an empty one')
        else:
            text = reader.text(value, f"{where}.{name}")
            if isinstance(text, str):
                values[name] = text
    return values


def _block(cls: type, schema: _Schema, *required: str) -> _Convert:
    def convert(reader: _Reader, node: yaml.Node, where: str) -> Any:
        values = reader.mapping(node, where, schema)
        return cls(**values) if reader.require(node, where, values, *required) else _WRONG

    return convert


def _blocks(convert: _Convert, what: str) -> _Convert:
    def convert_all(reader: _Reader, node: yaml.Node, where: str) -> Any:
        items = reader.items(node, where, what)
        read = [convert(reader, item, f"{where}[{rank}]") for rank, item in enumerate(items)]
        return tuple(item for item in read if item is not _WRONG)

    return convert_all


def _workspace(reader: _Reader, node: yaml.Node, where: str) -> Any:
    remote = isinstance(node, yaml.MappingNode) and any(
        key.value == "ssh" and not _is_null(value) for key, value in node.value
    )
    schema = {**_WORKSPACE, "path": _remote_path if remote else _local_path}
    values = reader.mapping(node, where, schema)
    if not reader.require(node, where, values, "id", "path"):
        return _WRONG
    return WorkspaceSettings(**values)


def _remote_path(reader: _Reader, node: yaml.Node, where: str) -> Any:
    text = reader.text(node, where)
    return Path(text) if isinstance(text, str) else text


def _check_names(reader: _Reader, root: yaml.Node, values: Mapping[str, Any]) -> None:
    """Two workspaces of one name: which one is meant?"""
    if not isinstance(root, yaml.MappingNode) or "workspaces" not in values:
        return
    lines: dict[str, int] = {}
    for key, listed in root.value:
        if key.value != "workspaces" or not isinstance(listed, yaml.SequenceNode):
            continue
        for item in listed.value:
            for name, value in item.value if isinstance(item, yaml.MappingNode) else ():
                if name.value != "id" or not isinstance(value, yaml.ScalarNode):
                    continue
                if value.value in lines:
                    other = lines[value.value]
                    reader.wrong(
                        value, f'workspace "{value.value}" is already there, on line {other}'
                    )
                lines[value.value] = value.start_mark.line + 1


def _unknown(key: str, where: str, schema: _Schema) -> str:
    proposal = _did_you_mean(key, tuple(schema))
    return f"unknown key `{key}` in `{where}`{proposal} (keys: {', '.join(schema)})"


def _did_you_mean(word: str, names: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, names, n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "keys"
    return "a list" if isinstance(node, yaml.SequenceNode) else f'"{node.value}"'


_SERVER: _Schema = {
    "port": _integer(0, 65535),
    "host": _text,
    "autohost": _choice("fqdn", "name"),
    "token": _text,
}
_HISTORY: _Schema = {"max_done": _integer(0), "max_failed": _integer(0)}
_CARBON: _Schema = {
    "enabled": _flag,
    "provider": _text,
    "country_iso_code": _text,
    "region": _text,
    "report_interval_s": _seconds,
    "warn_if_unavailable": _flag,
}
_SSH: _Schema = {
    "host": _text,
    "shell_init": _text,
    "uv_offline": _flag,
    "python": _text,
    "xpm_path": _text,
    "options": _texts,
}
_FOLDER: _Schema = {"path": _local_path, "mode": _choice("use", "backup", "move")}
_WORKSPACE: _Schema = {
    "id": _text,
    "path": _local_path,
    "env": _environment,
    "max_retries": _integer(1),
    "triggers": _texts,
    "history": _block(HistorySettings, _HISTORY),
    "lock_mode": _lock_mode,
    "folders": _blocks(_block(AuxiliaryFolder, _FOLDER, "path"), "folders"),
    "alt_workspaces": _texts,
    "ssh": _block(SshSettings, _SSH, "host"),
}
_SETTINGS: _Schema = {
    "server": _block(ServerSettings, _SERVER),
    "env": _environment,
    "history": _block(HistorySettings, _HISTORY),
    "carbon": _block(CarbonSettings, _CARBON),
    "workspaces": _blocks(_workspace, "workspaces"),
}
