"""Validation of a whole configuration: what is missing, told all at once, then `__validate__`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .fields import MISSING
from .mismatch import Mismatch, Missing
from .sealing import Trail, configurations_below, keys_of, written
from .state import Place

if TYPE_CHECKING:
    from .config import Config
    from .objecttype import Parameter


def validate(config: Config) -> None:
    """Checks a configuration and all below it.

    Raises:
        InvalidValueError: if values are missing; all of them are told, with their paths.

    Whatever a `__validate__` raises is passed on, with a note of where the configuration lies and
    was built. It is called once per object, on those below
    first.
    """
    from .assignment import report

    order = in_order(config)
    problems: list[tuple[str, Mismatch, Place]] = []
    for trail, node in order:
        for parameter in node.__xpmtype__.parameters.values():
            if _is_missing(node, parameter):
                name = written((*keys_of(trail), parameter.name))
                place = Place(node._xpm.code, node._xpm.lasti)
                problems.append((name, Missing(None, str(parameter.type), hint=str(place)), place))
    if problems:
        title = type(config).__qualname__.removesuffix(".XPMConfig")
        raise report(title, problems)
    for trail, node in order:
        try:
            node.__validate__()
        except Exception as error:
            error.add_note(_whereabouts(config, trail, node))
            raise


def _whereabouts(root: Config, trail: Trail, node: Config) -> str:
    """Where a configuration that is not valid lies, and where it was built."""
    name, title = (type(c).__qualname__.removesuffix(".XPMConfig") for c in (node, root))
    below = f", {written(keys_of(trail))} of {title}" if trail is not None else ""
    return f"in {name}.__validate__{below}, built at {node.__xpm__.location}"


def _is_missing(config: Config, parameter: Parameter) -> bool:
    """Whether a value is needed and absent: `field()` without default is no licence."""
    if parameter.generator is not None or parameter.factory is not None:
        return False
    if parameter.optional or parameter.default is not MISSING:
        return False
    return config.__dict__.get(parameter.name) is None and not parameter.type.matches(None)


def in_order(config: Config) -> list[tuple[Trail, Config]]:
    """The configurations to be checked, each once, those below first, with the way to each."""
    order: list[tuple[Trail, Config]] = []
    seen = {id(config)}
    stack: list[Any] = [(None, config, iter(configurations_below(config)))]
    while stack:
        trail, node, below = stack[-1]
        for keys, child in below:
            # A submitted task was checked then: going on would make a chain of tasks quadratic
            if id(child) in seen or keys == ("__task__",) or child._xpm.task is child:
                continue
            seen.add(id(child))
            stack.append(((trail, keys), child, iter(configurations_below(child))))
            break
        else:
            stack.pop()
            order.append((trail, node))
    return order
