"""Value objects: what `config.instance()` builds, and the folders of their generated paths."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .assignment import SCALARS
from .errors import InstanceError

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial

__all__ = ["DirectoryContext", "EmptyContext", "GenerationContext", "ObjectStore"]


class GenerationContext:
    """Gives generated values the folder they belong to, while a configuration is sealed."""

    def __init__(self) -> None:
        self._keys: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The folder of the root configuration.

        Raises:
            InstanceError: if there is none.
        """
        raise InstanceError(
            "A path is to be generated, and there is no folder to put it in: submit the task, or "
            "give a context, as in config.instance(DirectoryContext(path))."
        )

    def partial_folder(self, config: Config, partial: Partial) -> Path:
        """The folder that tasks of one partial identifier share.

        Raises:
            InstanceError: if there is none.
        """
        raise InstanceError(
            f"The path of the partial {partial.name!r} needs a workspace: submit the task in an "
            "experiment, or give DirectoryContext(path, workspace=…)."
        )

    def current_folder(self) -> Path:
        """The folder of the configuration that is being sealed."""
        folder = self.path
        if self._keys:
            folder = folder.joinpath("out", *self._keys)
        return folder

    currentpath = current_folder

    @contextmanager
    def below(self, keys: tuple[str, ...]) -> Iterator[None]:
        """Within the block, the configuration that `keys` lead to is the current one."""
        former, self._keys = self._keys, keys
        try:
            yield
        finally:
            self._keys = former


class EmptyContext(GenerationContext):
    """No folder: configurations with generated paths are refused."""


class DirectoryContext(GenerationContext):
    """Generated paths go below a folder, which is not created.

    Args:
        path: the folder of the root configuration.
        workspace: the root below which the folders of partials are.
    """

    def __init__(self, path: str | Path, workspace: str | Path | None = None) -> None:
        super().__init__()
        self._path = Path(path)
        self._workspace = None if workspace is None else Path(workspace)

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    def partial_folder(self, config: Config, partial: Partial) -> Path:
        """`workspace/partials/TYPE/NAME/IDENTIFIER`."""
        if self._workspace is None:
            return super().partial_folder(config, partial)
        from .paths import partial_path  # when needed

        information = config.__xpm__
        identifier = str(information.get_partial_identifier(partial))
        name = partial.name or "unnamed"
        return partial_path(self._workspace, information.xpmtype.name, name, identifier)


class ObjectStore:
    """Keeps value objects, so that several `instance()` calls share them."""

    def __init__(self) -> None:
        self._built: dict[int, tuple[Config, Any]] = {}

    def get(self, config: Config) -> Any:
        """The value object of a configuration, or `None`."""
        found = self._built.get(id(config))
        return None if found is None else found[1]

    def add(self, config: Config, instance: Any) -> None:
        """Keeps a value object."""
        self._built[id(config)] = (config, instance)

    def __contains__(self, config: Config) -> bool:
        return id(config) in self._built

    def __len__(self) -> int:
        return len(self._built)


def build_instance(
    config: Config, context: GenerationContext | None, objects: ObjectStore | None, keep: bool
) -> Any:
    """The value object of a configuration: those below it are built before it.

    Raises:
        InvalidValueError: if a value is missing.
        InstanceError: if a value object cannot be made.

    Complexity: linear in the number of configurations; no recursion.
    """
    from .sealing import seal
    from .validation import validate

    store = ObjectStore() if objects is None else objects
    found = store.get(config)
    if found is not None:
        return found
    validate(config)
    seal(config, context)
    nodes = [node for node in _in_order(config, store) if node not in store]
    for node in nodes:
        store.add(node, _new(node, keep))
    for node in nodes:
        instance = store.get(node)
        for name in node.__xpmtype__.parameters:
            if name in node.__dict__:
                setattr(instance, name, _value(node.__dict__[name], store))
        instance.__post_init__()
    return store.get(config)


def _in_order(config: Config, store: ObjectStore) -> list[Config]:
    """The configuration and those below its parameters, those below first."""
    from .sealing import keyed_configurations

    order: list[Config] = []
    seen = {id(config)}

    def below(node: Config) -> Iterator[Config]:
        for name, parameter in node.__xpmtype__.parameters.items():
            if parameter.type.holds_configs and name in node.__dict__:
                yield from (c for _, c in keyed_configurations(node.__dict__[name], name))

    stack = [(config, below(config))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if id(child) not in seen and child not in store:
                seen.add(id(child))
                stack.append((child, below(child)))
                break
        else:
            stack.pop()
            order.append(node)
    return order


def _new(config: Config, keep: bool) -> Any:
    """A value object without its parameters."""
    cls = config.__xpmtype__.value_class
    try:
        instance = cls()
    except TypeError as error:
        raise InstanceError(
            f"{cls.__module__}.{cls.__qualname__}() cannot be built without arguments ({error}): "
            "give its parameters as Param, and do the rest in __post_init__()."
        ) from error
    if keep:
        instance.__dict__["__xpmconfig__"] = config
    return instance


def _value(value: Any, store: ObjectStore) -> Any:
    """A value, with the configurations in it replaced by their value objects."""
    if type(value) in SCALARS:
        return value
    if getattr(value, "_xpm", None) is not None:
        return store.get(value)
    if isinstance(value, list):
        return [_value(v, store) for v in value]
    if isinstance(value, tuple):
        return tuple(_value(v, store) for v in value)
    if isinstance(value, dict):
        return {k: _value(v, store) for k, v in value.items()}
    if isinstance(value, set):
        return {_value(v, store) for v in value}
    return value
