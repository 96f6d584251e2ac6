"""Building objects from their definitions, as value objects or as configuration objects."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xpm_config.errors import SerializationError
from xpm_config.serialization.collector import collector_paused
from xpm_config.serialization.modules import LOADED_MAIN, MAIN, Classes
from xpm_config.serialization.plans import ClassPlan
from xpm_config.serialization.stubs import TaskStub
from xpm_config.serialization.values import PLAIN, Decoder

__all__ = ["Loader", "Paths", "reachable", "references_in"]

logger = logging.getLogger("xpm.config")

Definition = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the paths and the data files of a source are.

    Attributes:
        job: The folder of paths whose base is `job`.
        workspace: The folder of paths whose base is `workspace`.
        data: The real path of a data file, from its text and whether it is a folder.
    """

    job: Path | None = None
    workspace: Path | None = None
    data: Callable[[str, bool | None], Path] = lambda value, _: Path(value)

    def resolve(self, value: str, base: str | None) -> Path:
        """The path of a text and its base."""
        if base is None:
            return Path(value)
        folder = {"job": self.job, "workspace": self.workspace}.get(base)
        if folder is None:
            raise SerializationError(
                f"The path {value} is relative to the {base}, which is not known here: "
                "load the job with from_task_dir()."
            )
        return folder / value


class Loader:
    """Builds the objects of one source.

    Args:
        source: What holds the definitions, for the errors.
        as_instance: Build value objects, as a job does, and not configuration objects.
        paths: Where its paths are.
        strict: Refuse the parameters that a class does not have any more.

    Attributes:
        objects: What was built, by number.
    """

    def __init__(
        self,
        source: object,
        *,
        as_instance: bool,
        paths: Paths | None = None,
        strict: bool = False,
    ) -> None:
        self.objects: dict[int, Any] = {}
        self._source = str(source)
        self._as_instance = as_instance
        self._strict = strict
        self._classes = Classes(self._source)
        paths = paths or Paths()
        self._decoder = Decoder(self.object, paths.resolve, paths.data, self._classes.member)
        self._plans: dict[Any, ClassPlan] = {}
        self._producers: list[tuple[Any, int]] = []

    def object(self, number: int) -> Any:
        """The object of a number.

        Raises:
            SerializationError: Nothing has this number.
        """
        try:
            return self.objects[number]
        except KeyError:
            raise SerializationError(
                f"{self._source} refers to the object {number}, which it does not define "
                "(or only later): the file is damaged, or cut short."
            ) from None

    def decode(self, value: Any) -> Any:
        """The value of a JSON form that refers to objects already built."""
        return self._decoder.decode(value)

    def load(self, definitions: Sequence[Definition], roots: Iterable[int] | None = None) -> None:
        """Build the objects of a list of definitions.

        Args:
            definitions: All of them, dependencies first.
            roots: Build only what is reached from these numbers through parameters and init
                tasks, and stubs for the rest; None builds everything.

        Complexity: linear in the size of the definitions.
        """
        with collector_paused():
            self._load(definitions, None if roots is None else reachable(definitions, roots))

    def _load(self, definitions: Sequence[Definition], needed: set[int] | None) -> None:
        """Build the objects whose numbers are needed, or all of them."""
        chosen = []
        for definition in definitions:
            if definition.get("stub") or (needed is not None and definition["id"] not in needed):
                self.objects[definition["id"]] = _stub(definition)
            else:
                chosen.append(definition)
                self.objects[definition["id"]] = self._create(definition)
        for definition in chosen:
            self._fill(definition)
        self.link_producers()

    def add(self, definition: Definition) -> Any:
        """Build one object, whose dependencies are built; `link_producers` comes after the last."""
        if definition.get("stub"):
            built: Any = _stub(definition)
            self.objects[definition["id"]] = built
            return built
        built = self.objects[definition["id"]] = self._create(definition)
        self._fill(definition)
        return built

    def type_name(self, definition: Definition) -> str:
        """The type name of the class of a definition: that of the configuration class."""
        name = str(self._classes.of(definition).__getxpmtype__().name)
        if name.startswith(f"{LOADED_MAIN}."):  # a script, which runs under another name
            return MAIN + name.removeprefix(LOADED_MAIN)
        return name

    def link_producers(self) -> None:
        """Tell outputs which task they belong to, now that all the tasks are built."""
        for config, number in self._producers:
            config.__xpm__.restore_producer(self.object(number))
        self._producers.clear()

    def _plan(self, definition: Definition) -> ClassPlan:
        """What is known of the class of a definition."""
        cls = self._classes.of(definition)
        plan = self._plans.get(cls)
        if plan is None:
            if not hasattr(cls, "__getxpmtype__"):
                raise SerializationError(
                    f"{self._source} has an object of {definition['module']}.{definition['type']}, "
                    "which is not a configuration class (any more)."
                )
            plan = self._plans[cls] = ClassPlan(cls.__getxpmtype__())
        return plan

    def _create(self, definition: Definition) -> Any:
        """The object of a definition, without its parameters."""
        plan = self._plan(definition)
        return plan.new_instance() if self._as_instance else plan.new_configuration()

    def _fill(self, definition: Definition) -> None:
        """Give an object its parameters."""
        built = self.objects[definition["id"]]
        plan = self._plan(definition)
        values = self._values(definition, plan)
        identifier = _identifier(definition)
        if self._as_instance:
            try:
                plan.fill_instance(built, values, identifier, definition.get("typename", ""))
            except SerializationError as error:
                raise SerializationError(f"{self._where(definition)}: {error}") from None
            return
        init_tasks = [self.object(number) for number in definition.get("init-tasks", ())]
        built.__xpm__.restore(
            values, identifier=identifier, meta=definition.get("meta"), init_tasks=init_tasks
        )
        if "task" in definition:
            self._producers.append((built, definition["task"]))

    def _values(self, definition: Definition, plan: ClassPlan) -> dict[str, Any]:
        """The decoded parameters, those that the class does not have any more left out."""
        decode = self._decoder.decode
        restorers = plan.restorers
        values = {}
        for name, value in definition["fields"].items():
            if name not in restorers:
                if not _is_extra_file(value):
                    self._unknown_parameter(definition, name, plan)
                continue
            decoded = value if type(value) in PLAIN else decode(value)
            restore = restorers[name]
            if restore is not None:
                try:
                    decoded = restore(decoded)
                except ValueError as error:
                    raise SerializationError(
                        f"{self._where(definition)}: {decoded!r} is no value of {name} ({error})."
                    ) from error
            values[name] = decoded
        return values

    def _unknown_parameter(self, definition: Definition, name: str, plan: ClassPlan) -> None:
        """Tell that a stored parameter does not exist."""
        known = ", ".join(plan.restorers) or "none"
        message = (
            f"{self._where(definition)} has a value for {name}, which is no parameter of the "
            f"class (its parameters: {known})"
        )
        if self._strict:
            raise SerializationError(
                f"{message}. Was the code changed since the job was submitted? "
                "Submit it again with the present code."
            )
        logger.warning("%s: the value is left out", message)

    def _where(self, definition: Definition) -> str:
        """How an object is named in messages."""
        return (
            f"{self._source}: the object {definition['id']} "
            f"({definition['module']}.{definition['type']})"
        )


def _stub(definition: Definition) -> TaskStub:
    typename = definition.get("typename") or f"{definition['module']}.{definition['type']}"
    return TaskStub(_identifier(definition) or "", typename)


def _identifier(definition: Definition) -> str | None:
    """The stored identifier; older files have an object with `main`."""
    identifier = definition.get("identifier")
    if isinstance(identifier, Mapping):
        identifier = identifier["main"]
    return identifier


def _is_extra_file(value: Any) -> bool:
    """Whether a field that is no parameter is a file that `__xpm_serialize__` added."""
    return type(value) is dict and value.get("type") == "path.serialized"


def reachable(definitions: Sequence[Definition], roots: Iterable[int]) -> set[int]:
    """The numbers met from the roots, through parameters and init tasks."""
    by_number = {definition["id"]: definition for definition in definitions}
    found: set[int] = set()
    stack = list(roots)
    while stack:
        number = stack.pop()
        if number in found:
            continue
        found.add(number)
        definition = by_number.get(number)
        if definition is not None:
            stack.extend(definition.get("init-tasks", ()))
            for value in definition["fields"].values():
                if type(value) is dict or type(value) is list:
                    stack.extend(references_in(value))
    return found


def references_in(value: Any) -> list[int]:
    """The numbers of the objects that a JSON form refers to."""
    found: list[int] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            if item.get("type") == "python" and item.keys() == {"type", "value"}:
                found.append(item["value"])
            else:
                stack.extend(item.values())
        elif type(item) is list and not PLAIN.issuperset(map(type, item)):
            stack.extend(item)
    return found
