"""Tags: the factors of an experiment, noted where values are set, and never part of identifiers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .assignment import TagWrapper
from .mismatch import require_configuration
from .state import Place, caller

if TYPE_CHECKING:
    from .config import Config

__all__ = ["TagDict", "collect_tags", "stop_tags", "tag", "tags", "tagspath"]

T = TypeVar("T")


class TagDict(Mapping[str, Any]):
    """Tags by name, sorted, which cannot be changed; can be a key of a dictionary."""

    __slots__ = ("_tags",)

    def __init__(self, tags: Mapping[str, Any] | None = None) -> None:
        self._tags = dict(sorted((tags or {}).items()))

    def __getitem__(self, name: str) -> Any:
        return self._tags[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tags)

    def __len__(self) -> int:
        return len(self._tags)

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError(f"tags cannot be changed here: write config.tag({name!r}, {value!r})")

    def __hash__(self) -> int:
        return hash(tuple((name, _hashable(value)) for name, value in self._tags.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and dict(other) == self._tags

    def __repr__(self) -> str:
        return repr(self._tags)


def _hashable(value: Any) -> Any:
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return value


def tag(value: T) -> T:
    """Marks a value given to a parameter: the parameter becomes a tag of its configuration.

    Example:
        >>> from xpm_config import Config, Param, tag
        >>> class Fit(Config):
        ...     __xpmid__ = "doc.fit"
        ...     lr: Param[float]
        >>> Fit.C(lr=tag(0.1)).tags()
        {'lr': 0.1}
    """
    wrapped: T = _wrap(value, is_tag=True, is_stop=False)
    return wrapped


def stop_tags(value: T) -> T:
    """Marks a configuration given to a parameter: the tags below it are not collected."""
    wrapped: T = _wrap(value, is_tag=False, is_stop=True)
    return wrapped


def _wrap(value: Any, *, is_tag: bool, is_stop: bool) -> Any:
    if type(value) is TagWrapper:
        is_tag, is_stop, value = is_tag or value.is_tag, is_stop or value.is_stop, value.value
    return TagWrapper(value, is_tag=is_tag, is_stop=is_stop, place=caller(2))


def tags(config: Config) -> TagDict:
    """The tags of a configuration, of all below it and of the tasks that produce them."""
    require_configuration(config, "tags")
    return collect_tags(config)


def collect_tags(config: Config) -> TagDict:
    """The tags below a configuration.

    Where a name has two values, a warning gives both and their places; the last one met is kept.
    """
    from .sealing import configurations_below

    found: dict[str, tuple[Any, Place]] = {}
    seen = {id(config)}
    stack = [config]
    while stack:
        node = stack.pop()
        extras = node._xpm.extras
        stopped: frozenset[str] = frozenset()
        if extras is not None:
            stopped = extras.stopped
            for name, (value, place) in extras.tags.items():
                _add(found, name, value, place)
        below = []
        for keys, child in configurations_below(node):
            if keys[0] in stopped or (
                f"init_tasks[{keys[-1]}]" in stopped and keys[0] == "__init_tasks__"
            ):
                continue
            if id(child) not in seen:
                seen.add(id(child))
                below.append(child)
        stack += reversed(below)
    return TagDict({name: value for name, (value, _) in found.items()})


def _add(found: dict[str, tuple[Any, Place]], name: str, value: Any, place: Place) -> None:
    known = found.get(name)
    if known is not None and not _same(known[0], value):
        import logging  # heavy, and only to warn

        logging.getLogger("xpm.config").warning(
            "the tag %s has two values: %r (%s) and %r (%s); the last one is kept",
            name,
            known[0],
            known[1],
            value,
            place,
        )
    found[name] = (value, place)


def _same(one: Any, other: Any) -> bool:
    return one is other or (type(one) is type(other) and bool(one == other))


def tagspath(config: Config) -> str:
    """The tags as a name for a file: `k=v` pairs, sorted, joined by `_`, without `/`."""
    require_configuration(config, "tagspath")
    return "_".join(f"{name}={_as_text(value)}" for name, value in collect_tags(config).items())


def _as_text(value: Any) -> str:
    if getattr(value, "_xpm", None) is not None:
        return f"{value.__xpmtype__.name.rpartition('.')[2]}-{str(value.__xpm__.identifier)[:8]}"
    return str(value).replace("/", "-")
