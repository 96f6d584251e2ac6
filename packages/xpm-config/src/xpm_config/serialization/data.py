"""Which data files are saved, and under which names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.graph import CONTAINERS, SCALARS, is_configuration
from xpm_config.serialization.context import SerializationContext, SerializedPath

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.objecttype import ObjectType

__all__ = ["DataPlaces", "absolute_forms", "data_paths", "saves_files"]


class Way:
    """How a configuration is reached: the last name, and the way to what is before it."""

    __slots__ = ("before", "name")

    def __init__(self, before: Way | None, name: str) -> None:
        self.before = before
        self.name = name

    def names(self) -> list[str]:
        """All the names, the first one first."""
        found = []
        way: Way | None = self
        while way is not None:
            found.append(way.name)
            way = way.before
        return found[::-1]


def saves_files(described: ObjectType) -> bool:
    """Whether configurations of a class may have files to save."""
    if any(parameter.is_data for parameter in described.parameters.values()):
        return True
    method = getattr(described.value_class, "__xpm_serialize__", None)
    return method is not None and method.__module__ != "xpm_config.config"


def data_paths(config: Config, context: SerializationContext) -> dict[str, SerializedPath]:
    """The default of `__xpm_serialize__`: each data path is saved under its parameter's name."""
    return {
        name: context.serialize([*context.var_path, name], path, config)
        for name, path in _data_values(config)
    }


def absolute_forms(config: Config) -> dict[str, Any]:
    """The data paths of a configuration, as they are written where no file is saved."""
    return {name: _form(SerializedPath(path, path.is_dir())) for name, path in _data_values(config)}


def _data_values(config: Config) -> list[tuple[str, Path]]:
    """The data paths that have a value, made absolute, by parameter name."""
    information = config.__xpm__
    return [
        (name, Path(information.values[name]).absolute())
        for name, parameter in information.xpmtype.parameters.items()
        if parameter.is_data and information.values.get(name) is not None
    ]


def _form(saved: SerializedPath) -> dict[str, Any]:
    """The JSON form of a data path."""
    return {
        "type": "path.serialized",
        "value": Path(saved.path).as_posix(),
        "is_folder": bool(saved.is_folder),
    }


class DataPlaces:
    """Saves the data files of the configurations below a value.

    Args:
        context: What puts the files in their places.
        root: What is saved.
    """

    def __init__(self, context: SerializationContext, root: Any) -> None:
        self._context = context
        self._root = root
        self._ways: dict[int, Way | None] | None = None

    def forms(self, config: Config) -> dict[str, Any]:
        """Save the files of a configuration, and give their JSON forms by field name.

        The files of what is not below the value (the task that it is an output of) stay where
        they are.
        """
        if self._ways is None:
            self._ways = ways_in(self._root)
        if id(config) not in self._ways:
            return absolute_forms(config)
        way = self._ways[id(config)]
        with self._context.at([] if way is None else way.names()):
            serialize: Any = getattr(config.__xpm__.xpmtype.value_class, "__xpm_serialize__", None)
            paths = (
                data_paths(config, self._context)
                if serialize is None
                else serialize(config, self._context)
            )
        return {name: _form(saved) for name, saved in paths.items()}


def ways_in(root: Any) -> dict[int, Way | None]:
    """The way to each configuration below a value, by `id()`; None is the way to the value itself.

    When several ways lead to one, the shortest; of the shortest, the first.

    Complexity: linear in the number of nodes and references.
    """
    found: dict[int, Way | None] = {}
    level: list[tuple[Way | None, Any]] = [(None, root)]
    while level:
        below: list[tuple[Way | None, Any]] = []
        for way, value in level:
            if type(value) in SCALARS:
                continue
            if is_configuration(value):
                if id(value) not in found:
                    found[id(value)] = way
                    information = value.__xpm__
                    below += [(Way(way, n), item) for n, item in information.values.items()]
                    below += [
                        (Way(Way(way, "init-tasks"), str(index)), task)
                        for index, task in enumerate(information.init_tasks)
                    ]
            elif isinstance(value, dict):
                below += [(Way(way, str(key)), item) for key, item in value.items()]
            elif isinstance(value, CONTAINERS):
                below += [(Way(way, str(index)), item) for index, item in enumerate(value)]
        level = below
    return found
