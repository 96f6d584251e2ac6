"""The options of the plugin: `[tool.xpm-config-mypy]`, beside those of mypy."""

from __future__ import annotations

from configparser import ConfigParser
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

SECTION = "xpm-config-mypy"


@dataclass(frozen=True, slots=True)
class PluginOptions:
    """What the plugin checks.

    Attributes:
        check_composition: `outer @ inner` needs exactly one parameter that accepts `inner`.
        check_direct_calls: `Model(size=3)` is an error, which says to write `Model.C(size=3)`.
    """

    check_composition: bool = True
    check_direct_calls: bool = True

    def cache_key(self) -> dict[str, bool]:
        """What makes mypy check a module again when it differs."""
        return asdict(self)


class PluginOptionsError(ValueError):
    """The section of the plugin is not valid."""


def read_options(config_file: str | None) -> PluginOptions:
    """The options in the file that configures mypy.

    The section is `[tool.xpm-config-mypy]` in a TOML file, `[xpm-config-mypy]` in others.

    Raises:
        PluginOptionsError: An option does not exist, or is neither true nor false.
    """
    if not config_file or not Path(config_file).is_file():
        return PluginOptions()
    known = [field.name for field in fields(PluginOptions)]
    given = _read_section(Path(config_file))
    for name, value in given.items():
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}."
            raise PluginOptionsError(f"{config_file}, [{SECTION}]: no option {name!r}; {hint}")
        if not isinstance(value, bool):
            raise PluginOptionsError(
                f"{config_file}, [{SECTION}]: {name} = {value!r}; expected true or false."
            )
    return PluginOptions(**given)


def _read_section(file: Path) -> dict[str, Any]:
    if file.suffix == ".toml":
        import tomllib  # only for these files

        section: dict[str, Any] = (
            tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get(SECTION, {})
        )
        return section
    parser = ConfigParser(interpolation=None)
    parser.read(file, encoding="utf-8")
    if not parser.has_section(SECTION):
        return {}
    states = parser.BOOLEAN_STATES
    return {name: states.get(text.lower(), text) for name, text in parser.items(SECTION)}
