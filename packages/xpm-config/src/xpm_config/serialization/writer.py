"""Turning configurations into definitions: the JSON objects that say how to build them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError
from xpm_config.fields import MISSING
from xpm_config.graph import walk
from xpm_config.serialization.collector import collector_paused
from xpm_config.serialization.data import absolute_forms, saves_files
from xpm_config.serialization.identities import Identities
from xpm_config.serialization.modules import location_of
from xpm_config.serialization.stubs import TaskStub
from xpm_config.serialization.values import PLAIN, Encoder, UnencodableValue

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.objecttype import ObjectType

__all__ = ["Writer", "absolute_path", "relative_paths"]

PathForm = Callable[[Path], dict[str, Any]]
DataForms = Callable[["Config"], dict[str, Any]]


def absolute_path(path: Path) -> dict[str, Any]:
    """The JSON form of a path, as it is given."""
    return {"type": "path", "value": str(path)}


def relative_paths(job: Path, workspace: Path) -> PathForm:
    """The JSON form of paths in `params.json`: relative to the job, else to the workspace."""
    bases = (("job", job), ("workspace", workspace))

    def form(path: Path) -> dict[str, Any]:
        for name, folder in bases:
            if path.is_relative_to(folder):
                value = path.relative_to(folder).as_posix()
                return {"type": "path", "value": value, "base": name}
        return absolute_path(path)

    return form


@dataclass(frozen=True, slots=True)
class _ClassHeader:
    """What all the definitions of a class have in common."""

    content: dict[str, Any]
    names: tuple[str, ...]
    data_names: frozenset[str]
    saves_files: bool


class Writer:
    """Gives the definitions of configurations, each once, in one space of numbers.

    Args:
        path: The JSON form of paths.
        data: The JSON forms of the data paths of a configuration, by parameter name.

    Concurrency: one thread at a time.
    """

    def __init__(self, path: PathForm = absolute_path, data: DataForms = absolute_forms) -> None:
        self._data = data
        self._encoder = Encoder(
            self.reference, path, lambda config: self._identities.identifier(config)
        )
        # The object is kept with its number, so that its `id()` is not used again
        self._numbers: dict[int, tuple[int, Any]] = {}
        self._written: set[int] = set()
        self._identities = Identities()
        self._headers: dict[type, _ClassHeader] = {}

    def reference(self, config: Config | TaskStub) -> int:
        """The number of a configuration, whether it was written or not."""
        known = self._numbers.get(id(config))
        if known is None:
            known = self._numbers[id(config)] = (len(self._numbers) + 1, config)
        return known[0]

    def encode(self, value: Any) -> Any:
        """The JSON form of a value that holds configurations.

        Raises:
            SerializationError: It holds something that has no JSON form.
        """
        try:
            return self._encoder.encode(value)
        except UnencodableValue as error:
            raise SerializationError(
                f"{error.value!r} ({type(error.value).__qualname__}), at {error.place or 'the top'}"
                " of what is saved, cannot be: configurations, lists, tuples, sets, dictionaries, "
                "paths, enumerations and JSON values can."
            ) from None

    def definitions(self, root: Config) -> list[dict[str, Any]]:
        """The definitions below a configuration that were not given before, in order.

        What a definition refers to comes before it, but for the task that it is an output of;
        the root comes last.

        Raises:
            SerializationError: A parameter has a value without JSON form.
            IdentifierError: A configuration has no identifier.

        Complexity: linear in the number of configurations not given before.
        """
        self._identities = Identities()  # what was met before may have changed since
        with collector_paused():
            nodes = list(walk(root, producers=True, seen=self._written))
            try:
                return list(self._definitions(nodes))
            except BaseException:
                self._written.difference_update(map(id, nodes))
                raise

    def _definitions(self, nodes: Iterable[Config]) -> Iterator[dict[str, Any]]:
        """The definitions of configurations, each after that of a task that was not loaded."""
        for node in nodes:
            task: Any = node._xpm.task
            if type(task) is TaskStub and id(task) not in self._written:
                self._written.add(id(task))
                yield self._stub(task)
            yield self._definition(node)

    def _stub(self, stub: TaskStub) -> dict[str, Any]:
        """The definition of a task that was not loaded."""
        module, _, name = stub.typename.rpartition(".")
        return {
            "id": self.reference(stub),
            "module": module,
            "type": name,
            "typename": stub.typename,
            "identifier": stub.identifier,
            "stub": True,
            "fields": {},
        }

    def _definition(self, config: Config) -> dict[str, Any]:
        """The definition of one configuration."""
        described = config.__xpmtype__
        header = self._headers.get(described.cls)
        if header is None:
            header = self._headers[described.cls] = _header(described)
        state = config._xpm
        definition = {"id": self.reference(config), **header.content}
        definition["identifier"] = self._identities.identifier(config)
        if state.extras is not None and state.extras.init_tasks:
            definition["init-tasks"] = [self.reference(task) for task in state.extras.init_tasks]
        if state.meta is not None:
            definition["meta"] = state.meta
        if state.task is not None:
            definition["task"] = self.reference(state.task)
        definition["fields"] = self._fields(config, header)
        return definition

    def _fields(self, config: Config, header: _ClassHeader) -> dict[str, Any]:
        """The JSON form of all the parameters that have a value."""
        content = config.__dict__
        fields: dict[str, Any] = {}
        for name in header.names:
            value = content.get(name, MISSING)
            if type(value) in PLAIN:
                fields[name] = value
            elif value is not MISSING and name not in header.data_names:
                try:
                    fields[name] = self._encoder.encode(value)
                except UnencodableValue as error:
                    raise SerializationError(
                        f"The parameter {name}{error.place} of {config!r} holds {error.value!r} "
                        f"({type(error.value).__qualname__}), which has no form in a file."
                    ) from None
        if header.saves_files:
            fields.update(self._data(config))
        return fields


def _header(described: ObjectType) -> _ClassHeader:
    """What all the definitions of a class have in common."""
    cls = described.cls
    module, file = location_of(cls)
    content = {
        "module": module,
        "type": cls.__qualname__,
        "typename": f"{module}.{cls.__qualname__}",
    }
    if file is not None:
        content["file"] = file
    parameters = described.parameters
    data_names = frozenset(name for name, p in parameters.items() if p.is_data)
    return _ClassHeader(content, tuple(parameters), data_names, saves_files(described))


def all_definitions(writer: Writer, roots: Iterable[Config]) -> list[dict[str, Any]]:
    """The definitions of several configurations and of what lies below them."""
    return [definition for root in roots for definition in writer.definitions(root)]
