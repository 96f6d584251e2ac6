"""What an experiment written in YAML is made of: `@configuration` classes and their base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, dataclass_transform, overload

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T", bound=type)


@overload
def configuration(cls: T, /) -> T: ...
@overload
def configuration(cls: None = None, /, **options: Any) -> Callable[[T], T]: ...
@dataclass_transform(kw_only_default=True, field_specifiers=(attrs.field, attrs.Factory))
def configuration(cls: T | None = None, /, **options: Any) -> T | Callable[[T], T]:
    """Make a class whose fields are the keys of a YAML mapping.

    The class is an attrs class with keyword-only arguments, equality and a hash. Fields may be
    nested configurations, `Optional`, `list`, `dict`, `set`, `tuple`, `Literal`, enumerations,
    `Path`; dataclasses are read as well.

    Args:
        cls: The class, when used without parentheses.
        options: Passed to `attrs.define`.

    Example:
        >>> @configuration
        ... class Optimiser:
        ...     lr: float = 1e-3
        >>> Optimiser(lr=0.1)
        Optimiser(lr=0.1)
    """
    arguments: dict[str, Any] = {"kw_only": True, "slots": False, "unsafe_hash": True, **options}

    def decorate(decorated: T) -> T:
        made: T = attrs.define(decorated, **arguments)
        return made

    return decorate if cls is None else decorate(cls)


@configuration
class ConfigurationBase:
    """The keys that any experiment file may hold; subclass it to add yours.

    Attributes:
        id: Name of the experiment.
        file: Python file that defines `run`, relative to the YAML file; `.py` may be left out.
            Tasks may live in it.
        module: Python module that defines `run`, instead of a file.
        pythonpath: Folders that are added to the module search path, here and in jobs; relative
            to the YAML file.
        imports: YAML files that are merged first, in order; relative to the YAML file.
        parent: The older form of `imports`, for one file.
        pre_experiment: Python file or module that is executed before the experiment's module.
        title: For documentation, as are `subtitle`, `paper` and `description`.
        add_timestamp: The id becomes `<id>-YYYYMMDD-HHMM`.
        dirty_git: What to do when the project has uncommitted changes.
        grid_search: Values for keys, by their dotted path: see `xpm_cli.grid_search`.
    """

    id: str
    file: str = "experiment"
    module: str | None = None
    pythonpath: list[str] | None = None
    imports: list[str] | None = None
    parent: str | None = None
    pre_experiment: str | None = None
    title: str = ""
    subtitle: str = ""
    paper: str = ""
    description: str = ""
    add_timestamp: bool = False
    dirty_git: Literal["ignore", "warn", "error"] = "warn"
    grid_search: dict[str, Any] | None = None
