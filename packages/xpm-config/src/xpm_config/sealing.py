"""Sealing: freezing a configuration and all below it, and making its generated values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from .assignment import SCALARS
from .errors import InstanceError, InvalidValueError
from .mismatch import Mismatch

if TYPE_CHECKING:
    from .config import Config
    from .instances import GenerationContext
    from .objecttype import Parameter


def keyed_configurations(value: Any, key: str) -> list[tuple[tuple[str, ...], Config]]:
    """The configurations in a value, in order, each with the keys that lead to it."""
    found: list[tuple[tuple[str, ...], Config]] = []
    stack: list[tuple[tuple[str, ...], Any]] = [((key,), value)]
    while stack:
        keys, item = stack.pop()
        if type(item) in SCALARS:
            continue
        if getattr(item, "_xpm", None) is not None:
            found.append((keys, item))
        elif isinstance(item, (list, tuple)):
            stack.extend([((*keys, str(i)), v) for i, v in enumerate(item)][::-1])
        elif isinstance(item, dict):
            stack.extend([((*keys, str(k)), v) for k, v in item.items()][::-1])
        elif isinstance(item, (set, frozenset)):
            stack.extend([((*keys, str(i)), v) for i, v in enumerate(_in_order(item))][::-1])
    return found


def _in_order(items: Any) -> list[Any]:
    """The elements of a set in an order that does not depend on the process."""
    return sorted(items, key=_sort_key)


def _sort_key(item: Any) -> str:
    state = getattr(item, "_xpm", None)
    return repr(item) if state is None else str(item.__xpm__.identifier)


Trail: TypeAlias = "tuple[Trail, tuple[str, ...]] | None"
"""The way from a root to a configuration: that to its parent, and the keys from there."""


def keys_of(trail: Trail) -> tuple[str, ...]:
    """All the keys from the root, in order."""
    found: list[tuple[str, ...]] = []
    while trail is not None:
        trail, keys = trail
        found.append(keys)
    return tuple(key for keys in reversed(found) for key in keys)


def written(keys: tuple[str, ...]) -> str:
    """Keys as they are shown: `layers[2].size`."""
    text = ""
    for key in keys:
        text += f"[{key}]" if key.isdigit() else f".{key}" if text else key
    return text


def configurations_below(config: Config) -> list[tuple[tuple[str, ...], Config]]:
    """The configurations directly below one: in its parameters, its init tasks, its producer."""
    found: list[tuple[tuple[str, ...], Config]] = []
    values = config.__dict__
    for name, parameter in config.__xpmtype__.parameters.items():
        if parameter.type.holds_configs and name in values:
            found += keyed_configurations(values[name], name)
    state = config._xpm
    if state.extras is not None:
        for index, task in enumerate(state.extras.init_tasks):
            found.append((("__init_tasks__", str(index)), task))
    if state.task is not None and state.task is not config and _is_configuration(state.task):
        found.append((("__task__",), state.task))
    return found


def _is_configuration(value: Any) -> bool:
    return getattr(value, "_xpm", None) is not None


def seal(config: Config, context: GenerationContext | None = None) -> None:
    """Seals a configuration and all below it, those below first. Does nothing if it is sealed.

    Args:
        config: the configuration.
        context: gives the folder of generated paths.

    Raises:
        InstanceError: if a path is to be generated, and there is no context.

    Complexity: linear in the number of configurations; no recursion.
    """
    if config._xpm.sealed:
        return
    from .instances import EmptyContext

    context = EmptyContext() if context is None else context
    seen = {id(config)}
    stack: list[tuple[Config, Trail, Iterator[Any]]] = [(config, None, _enter(config, context))]
    while stack:
        node, trail, below = stack[-1]
        for path, child in below:
            if id(child) in seen or child._xpm.sealed:
                continue
            seen.add(id(child))
            stack.append((child, (trail, path), _enter(child, context)))
            break
        else:
            stack.pop()
            _finish(node, trail, context)


def _enter(config: Config, context: GenerationContext) -> Iterator[Any]:
    """Runs the factories, then gives what is below."""
    for parameter in config.__xpmtype__.parameters.values():
        if parameter.factory is not None and config.__dict__.get(parameter.name) is None:
            _store_generated(config, parameter, parameter.factory())
    return iter(configurations_below(config))


def _finish(config: Config, trail: Trail, context: GenerationContext) -> None:
    """Makes the generated values of a configuration whose children are sealed, and seals it."""
    state = config._xpm
    for parameter in config.__xpmtype__.parameters.values():
        if parameter.generator is not None:
            with context.below(keys_of(trail)):
                made = parameter.generator(context, config)
            _store_generated(config, parameter, made)
            state.extend().generated |= {parameter.name}
    if (state.extras is not None and state.extras.generated) or _generated_below(config):
        state.extend().generated_below = True
    state.sealed = True


def _generated_below(config: Config) -> bool:
    for _, child in configurations_below(config):
        state = child._xpm
        if state.task is None and state.extras is not None and state.extras.generated_below:
            return True
    return False


def _store_generated(config: Config, parameter: Parameter, value: Any) -> None:
    state = config._xpm
    if value is not None:
        try:
            value = parameter.coerce(value)
        except Mismatch as mismatch:
            raise InvalidValueError(
                f"{config!r}: the value made for {parameter.name} is {mismatch.value!r}"
                f"{mismatch.where}; expected {mismatch.expected}"
            ) from None
    config.__dict__[parameter.name] = value
    state.changed()


def generated_paths(config: Config) -> list[str]:
    """The dotted names of the generated values of a configuration and of those below it."""
    found: list[str] = []
    seen = {id(config)}
    stack: list[tuple[tuple[str, ...], Config]] = [((), config)]
    while stack:
        keys, node = stack.pop()
        state = node._xpm
        if state.extras is not None:
            found += [written((*keys, name)) for name in sorted(state.extras.generated)]
        for path, child in configurations_below(node):
            if id(child) not in seen and child._xpm.task is None:
                seen.add(id(child))
                stack.append(((*keys, *path), child))
    return found


def missing_context(config: Config) -> InstanceError:
    """The error of a path that has no folder to be in."""
    return InstanceError(
        f"{config!r} has a generated path, and no folder to put it in: submit the task, or give a "
        "context, as in config.instance(DirectoryContext(path))."
    )
