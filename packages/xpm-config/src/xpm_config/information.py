"""`config.__xpm__`: what is known of a configuration beside the values of its parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import ConfigError, SealedError, UnknownAttributeError, nearest_name
from .fields import MISSING
from .identifiers import (
    ConfigIdentifier,
    identifier_of,
    original_identifier_of,
    partial_identifier_of,
)
from .state import EPOCH, Place, caller

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial
    from .graph import TaskDependency
    from .instances import GenerationContext
    from .objecttype import ObjectType
    from .tags import TagDict


class ConfigInformation:
    """A view of a configuration: made at each `config.__xpm__`, and holding nothing itself."""

    __slots__ = ("_state", "config")

    def __init__(self, config: Config) -> None:
        self.config = config
        self._state = config._xpm

    # --- The class

    @property
    def xpmtype(self) -> ObjectType:
        """The description of the class."""
        return self.config.__xpmtype__

    # --- Values

    @property
    def values(self) -> Mapping[str, Any]:
        """The parameters that have a value."""
        found = self.config.__dict__
        return {name: found[name] for name in self.xpmtype.parameters if name in found}

    def xpmvalues(self) -> Iterable[tuple[Any, Any]]:
        """The pairs of a parameter and its value."""
        parameters = self.xpmtype.parameters
        return [(parameters[name], value) for name, value in self.values.items()]

    def validate(self) -> None:
        """Checks the configuration and all below it.

        Raises:
            InvalidValueError: if values are missing; all of them are told.
        """
        from .validation import validate  # when needed

        validate(self.config)

    # --- Where things come from

    @property
    def location(self) -> str:
        """The line of code that built the configuration, as `file:line`."""
        return str(Place(self._state.code, self._state.lasti))

    def place_of(self, name: str) -> Place:
        """The line of code that set a parameter."""
        extras = self._state.extras
        if extras is not None and name in extras.assigned:
            return extras.assigned[name]
        return Place(self._state.code, self._state.lasti)

    def provenance_of(self, name: str) -> tuple[str, str]:
        """Where a parameter got its value: `("file:line", kind)`.

        The kind is `explicit`, `default`, `generated` or `deserialized`.

        Raises:
            UnknownAttributeError: if there is no such parameter.
        """
        parameters = self.xpmtype.parameters
        state, extras = self._state, self._state.extras
        if name not in parameters:
            near = nearest_name(name, parameters)
            hint = f"did you mean {near!r}?" if near else f"parameters are {', '.join(parameters)}"
            raise UnknownAttributeError(f"{self.config!r} has no parameter {name!r}: {hint}")
        if extras is not None and name in extras.assigned:
            return str(extras.assigned[name]), "explicit"
        kind = "explicit"
        if extras is not None and name in extras.generated:
            kind = "generated"
        elif extras is not None and extras.loaded:
            kind = "deserialized"
        elif state.defaulted >> list(parameters).index(name) & 1:
            kind = "default"
        return self.location, kind

    # --- State

    @property
    def sealed(self) -> bool:
        """Whether the configuration can no longer change."""
        return self._state.sealed

    @property
    def meta(self) -> bool | None:
        """`True`: out of identifiers; `False`: in them; `None`: as declared."""
        return self._state.meta

    @meta.setter
    def meta(self, flag: bool | None) -> None:
        self._state.meta = flag
        EPOCH.count += 1

    @property
    def task(self) -> Any:
        """The task that produces the configuration, if any; a submitted task is its own."""
        return self._state.task

    @task.setter
    def task(self, task: Any) -> None:
        self._state.task = task
        self._state.stored = None if task is not self.config else self._state.stored
        self._state.changed()

    @property
    def soft(self) -> bool:
        """Whether the producer is one of which the configuration is a dynamic output."""
        return self._state.extras is not None and self._state.extras.soft

    @soft.setter
    def soft(self, soft: bool) -> None:
        if soft or self._state.extras is not None:
            self._state.extend().soft = soft

    @property
    def init_tasks(self) -> list[Any]:
        """The tasks to be run before this one, in its job."""
        return [] if self._state.extras is None else self._state.extras.init_tasks

    @init_tasks.setter
    def init_tasks(self, tasks: Iterable[Any]) -> None:
        from .assignment import TagWrapper

        extras = self._state.extend()
        extras.init_tasks = []
        for index, task in enumerate(tasks):
            if type(task) is TagWrapper:
                if task.is_stop:
                    extras.stopped |= {f"init_tasks[{index}]"}
                task = task.value
            extras.init_tasks.append(task)
        self._state.changed()

    @property
    def job(self) -> Any:
        """The job of the task, or of the producing task; `None` if none was submitted."""
        if self._state.extras is not None and self._state.extras.job is not None:
            return self._state.extras.job
        task = self._state.task
        if task is None or task is self.config:
            return None
        return task.__xpm__.job

    @job.setter
    def job(self, job: Any) -> None:
        self._state.extend().job = job

    def require_job(self) -> Any:
        """The job.

        Raises:
            ConfigError: if there is none.
        """
        job = self.job
        if job is None:
            raise ConfigError(
                f"{self.config!r} has no job: submit the task first, within `with experiment(…):`."
            )
        return job

    @property
    def dependencies(self) -> list[Any]:
        """The explicit dependencies, such as tokens."""
        return [] if self._state.extras is None else self._state.extras.dependencies

    def add_dependencies(self, dependencies: Iterable[Any]) -> None:
        """Adds explicit dependencies.

        Raises:
            SealedError: if the task was submitted: its dependencies are settled.
        """
        if self._state.task is self.config:
            raise SealedError(
                f"{self.config!r} was already submitted: add its dependencies before submit()."
            )
        self._state.extend().dependencies.extend(dependencies)

    def copy_dependencies(self, other: Config) -> None:
        """Takes over the producer and the explicit dependencies of another configuration."""
        if self._state.task is not None:
            raise SealedError(f"{self.config!r} is already an output of {self._state.task!r}.")
        source = other._xpm
        self._state.task = source.task
        self._state.stored = None
        if source.extras is not None:
            self._state.extend().dependencies.extend(source.extras.dependencies)
            self._state.extend().soft = source.extras.soft
        self._state.changed()

    @property
    def submission(self) -> Any:
        """What the submission of the task keeps; opaque."""
        return None if self._state.extras is None else self._state.extras.submission

    @submission.setter
    def submission(self, submission: Any) -> None:
        self._state.extend().submission = submission

    @property
    def loaded(self) -> bool:
        """Whether the configuration was read from a file."""
        return self._state.extras is not None and self._state.extras.loaded

    @property
    def deprecated_from(self) -> Any:
        """The deprecated configuration of which this one is the conversion."""
        return None if self._state.extras is None else self._state.extras.deprecated_from

    # --- Tags

    def set_tag(self, name: str, value: Any) -> None:
        """Adds a tag."""
        self._state.extend().tags[name] = (value, caller(2))

    def tags(self) -> TagDict:
        """The tags of the configuration and of all below it."""
        from .tags import collect_tags  # when needed

        return collect_tags(self.config)

    # --- Identifiers

    @property
    def identifier(self) -> ConfigIdentifier:
        """The identifier; kept for good if the configuration is sealed.

        Raises:
            IdentifierError: if a value is missing, or cannot be encoded.
        """
        return identifier_of(self.config)

    def get_partial_identifier(self, partial: Partial) -> ConfigIdentifier:
        """The identifier without the parameters that `partial` leaves out."""
        return partial_identifier_of(self.config, partial)

    def dependency(self) -> TaskDependency:
        """What another task needs to run after this one: `other.add_dependencies(...)` takes it."""
        from .graph import TaskDependency  # when needed

        return TaskDependency(self.config, False)

    @property
    def original_identifier(self) -> ConfigIdentifier:
        """The identifier as it was before the class, or those below, were deprecated."""
        return original_identifier_of(self.config)

    # --- Sealing and loading

    def seal(self, context: GenerationContext | None = None) -> None:
        """Freezes the configuration and all below it."""
        from .sealing import seal  # when needed

        seal(self.config, context)

    def restore(
        self,
        values: Mapping[str, Any],
        *,
        identifier: str | bytes | None = None,
        meta: bool | None = None,
        init_tasks: Iterable[Any] = (),
    ) -> None:
        """Gives a configuration made by `blank` the content read from a file, and seals it.

        Args:
            values: the values as they were stored; they are not checked again.
            identifier: trusted, and kept; 64 hexadecimal digits or 32 bytes.
            meta: the meta flag.
            init_tasks: the init tasks.
        """
        config, state = self.config, self._state
        config.__dict__.update(values)
        for name, parameter in self.xpmtype.parameters.items():
            if name not in values and not parameter.required and parameter.initial is MISSING:
                config.__dict__.setdefault(name, None)
        state.meta = meta
        extras = state.extend()
        extras.init_tasks = list(init_tasks)
        extras.loaded = True
        if isinstance(identifier, str):
            identifier = bytes.fromhex(identifier)
        state.stored = identifier
        state.sealed = True

    def serialize(self, folder: Any, **options: Any) -> None:
        """The older spelling of `xpm_config.serialize(config, folder)`."""
        from .serialization import serialize  # for code written for 2.x

        serialize(self.config, folder, **options)

    @staticmethod
    def deserialize(folder: Any, as_instance: bool = False, **options: Any) -> Any:
        """The older spelling of `xpm_config.deserialize(folder)`."""
        from .serialization import deserialize  # for code written for 2.x

        return deserialize(folder, as_instance, **options)

    @staticmethod
    def load_objects(definitions: Sequence[Mapping[str, Any]], as_instance: bool = False) -> Any:
        """The objects of a list of definitions, by number, as `objects.jsonl` has them."""
        from .compatibility import load_objects  # for code written for 2.x

        return load_objects(definitions, as_instance)

    @staticmethod
    def fromParameters(
        definitions: Sequence[Mapping[str, Any]],
        as_instance: bool = True,
        return_tasks: bool = False,
        **_: Any,
    ) -> Any:
        """The last object of a list of definitions, as `params.json` has them.

        With `return_tasks`, it comes with the list of its init tasks.
        """
        from .compatibility import from_parameters  # for code written for 2.x

        return from_parameters(definitions, as_instance, return_tasks)

    def restore_producer(self, task: Any) -> None:
        """Sets the producer of a loaded configuration, whose identifier says it already."""
        self._state.task = task


def blank(cls: type[Config]) -> Config:
    """A configuration object of a class (`Model.C`) without any value, to be filled."""
    from .state import State

    config = object.__new__(cls)
    config.__dict__["_xpm"] = State(None, 0)
    return config
