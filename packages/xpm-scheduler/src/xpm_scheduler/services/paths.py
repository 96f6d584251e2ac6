"""What makes a service again, as JSON: paths inside, at any depth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

__all__ = ["decode_state", "encode_state"]

_PATH = "__path__"
_RESERVED = "__"
UNSERIALIZABLE = "__unserializable__"
REASON = "__reason__"


def encode_state(state: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of constructor arguments.

    Paths become `{"__path__": …}`, absolute; tuples become lists. What has no JSON form makes the
    whole unserializable: a description is kept, that `Service.from_state_dict` refuses.

    Example:
        >>> encode_state({"logs": [Path("/data")], "port": 80})
        {'logs': [{'__path__': '/data'}], 'port': 80}
        >>> encode_state({"model": object})
        {'__unserializable__': True, '__reason__': "`model` is of type type"}
    """
    try:
        return {name: _encoded(value, name) for name, value in state.items()}
    except TypeError as error:
        return {UNSERIALIZABLE: True, REASON: str(error)}


def decode_state(
    value: Mapping[str, Any], path_translator: Callable[[Path], Path] | None = None
) -> dict[str, Any]:
    """The constructor arguments of a JSON form; keys that start with `__` are left out.

    Args:
        value: What `encode_state` gave.
        path_translator: Changes each path, for a workspace that is seen from another machine.
    """

    def decoded(item: Any) -> Any:
        if isinstance(item, list):
            return [decoded(one) for one in item]
        if isinstance(item, dict):
            if set(item) == {_PATH}:
                path = Path(item[_PATH])
                return path if path_translator is None else path_translator(path)
            return {name: decoded(one) for name, one in item.items()}
        return item

    return {name: decoded(item) for name, item in value.items() if not name.startswith(_RESERVED)}


def _encoded(value: Any, where: str) -> Any:
    if isinstance(value, PurePath):
        return {_PATH: str(Path(value).absolute())}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"a key of `{where}` is of type {type(key).__name__}, not text")
        return {name: _encoded(item, f"{where}.{name}") for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encoded(item, f"{where}[{number}]") for number, item in enumerate(value)]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"`{where}` is of type {type(value).__name__}")
