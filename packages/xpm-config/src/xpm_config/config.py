"""`Config`, the base of what users write, and the configuration objects that `.C(...)` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from . import assignment
from .annotations import annotations_of
from .errors import DeclarationError, UnknownAttributeError, UnsetParameterError
from .fields import field
from .information import ConfigInformation
from .objecttype import ObjectType
from .state import State, caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

    from .instances import GenerationContext, ObjectStore
    from .runtime import JobHandle
    from .serialization.context import SerializationContext, SerializedPath
    from .tags import TagDict

__all__ = ["Config", "InstanceConfig"]

V = TypeVar("V")


class _ConfigurationClass:
    """`Model.C`: made when it is first asked for, then a plain attribute of the class."""

    def __get__(self, instance: object, owner: Any) -> Any:
        from .generation import configuration_class  # compiles a constructor: when needed

        return configuration_class(owner)


class _ValueClass:
    """`Model.XPMValue`: the class of value objects."""

    def __get__(self, instance: object, owner: Any) -> Any:
        return owner.__getxpmtype__().value_class


_CONFIGURATION_CLASS = _ConfigurationClass()
_VALUE_CLASS = _ValueClass()


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class Config:
    """The base of all configuration classes.

    The annotations of a subclass declare its parameters; `.C(...)` builds a configuration
    object, whose values are checked; `instance()` makes a value object of it.

    Example:
        >>> from xpm_config import Config, Param, field
        >>> class Model(Config):
        ...     __xpmid__ = "doc.model"
        ...     size: Param[int]
        ...     name: Param[str] = field(default="m", ignore_default=True)
        >>> model = Model.C(size=3)
        >>> model.size, model.name
        (3, 'm')
    """

    __xpmid__: ClassVar[Any] = "experimaestro.core.objects.config.config"

    if TYPE_CHECKING:
        C: ClassVar[type[Self]]
        XPMConfig: ClassVar[type[Self]]
        XPMValue: ClassVar[type[Self]]
    else:
        C = XPMConfig = _CONFIGURATION_CLASS
        XPMValue = _VALUE_CLASS

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__xpm_configuration__" in cls.__dict__:
            return  # generated
        from .declaration import declare  # the module imports this one

        declare(cls)
        cls.C = cls.XPMConfig = _CONFIGURATION_CLASS  # type: ignore[assignment]

    @classmethod
    def __getxpmtype__(cls) -> ObjectType:
        """The description of the class, made when it is first asked for."""
        described = cls.__dict__.get("__xpmtype__")
        if described is None:
            described = ObjectType(cls)
            type.__setattr__(cls, "__xpmtype__", described)
        found: ObjectType = described
        return found

    @classmethod
    def value_class(cls) -> Callable[[type[V]], type[V]]:
        """Registers the class of value objects: `@Model.value_class()` above a subclass."""
        from .values import value_class  # when needed

        return value_class(cls)

    def __validate__(self) -> None:
        """Checks the parameters together; called before a task is submitted, or an instance made.

        It is called on the configuration object, once, after those below it. Raise an error
        that says what is wrong.
        """

    def __post_init__(self) -> None:
        """Called on a value object once all its parameters are set."""

    def __xpm_serialize__(self, context: SerializationContext) -> dict[str, SerializedPath]:
        """Chooses the files that `save` copies: each `DataPath`, under the name of its parameter.

        It is called on the configuration object.

        Args:
            context: `context.serialize(names, path, self)` copies a file, and says where it is.

        Returns:
            Where each file is, by parameter name.
        """
        from .serialization.data import data_paths  # when needed

        return data_paths(self, context)

    def register_task_output(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Announces, in a running task, the dynamic output that a method describes.

        Args:
            method: a method of a value object, as `self.checkpoint`.
            args: its arguments after `dep`: JSON values.
            kwargs: its keyword arguments: JSON values.
        """
        from .outputs import register_task_output  # when needed

        register_task_output(method, *args, **kwargs)

    if TYPE_CHECKING:
        __xpmtype__: ClassVar[ObjectType]
        _xpm: ClassVar[State]

        @property
        def __xpm__(self) -> ConfigInformation: ...
        @property
        def xpmconfig(self) -> Self:
            """The configuration of a value object; a configuration itself."""
            ...

        def instance(
            self,
            context: GenerationContext | None = None,
            *,
            objects: ObjectStore | None = None,
            keep: bool = True,
        ) -> Self:
            """The value object of a configuration."""
            ...

        def seal(self, context: GenerationContext | None = None) -> Self:
            """Freezes the configuration and all below it."""
            ...

        def copy(self) -> Self:
            """A deep copy that is not sealed."""
            ...

        def copy_dependencies(self, other: Config) -> Self:
            """Takes over the producer of `other`."""
            ...

        def add_dependencies(self, *dependencies: Any) -> Self:
            """Adds explicit dependencies."""
            ...

        def tag(self, name: str, value: Any) -> Self:
            """Adds a tag."""
            ...

        def tags(self) -> TagDict:
            """The tags of the configuration and of all below it."""
            ...

        def to_str(self, max_depth: int = 3) -> str:
            """The configuration as it would be written."""
            ...

        @property
        def job(self) -> JobHandle | None:
            """The job of the task, or of the task that produces the configuration."""
            ...

        @property
        def jobpath(self) -> Path:
            """The folder of the job."""
            ...

        def stdout(self) -> Path:
            """The file of the job's standard output."""
            ...

        def stderr(self) -> Path:
            """The file of the job's standard error."""
            ...

        def wait(self) -> Any:
            """Blocks until the job has ended, and returns its state."""
            ...

        def __matmul__(self, inner: Config) -> Self: ...
        def __arguments__(self) -> dict[str, Any]: ...
        def __identifier__(self) -> Any: ...
    else:

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            if args or kwargs:
                following = super().__init__
                if getattr(following, "__objclass__", None) is object:
                    shown = ", ".join(
                        [*map(repr, args), *(f"{k}={v!r}" for k, v in kwargs.items())]
                    )
                    name = type(self).__qualname__
                    raise DeclarationError(
                        f"{name}({shown}): write {name}.C({shown}) to build a configuration."
                    )
            super().__init__(*args, **kwargs)

        @property
        def xpmconfig(self) -> Config:
            """The configuration from which a value object was built."""
            config = self.__dict__.get("__xpmconfig__")
            if config is None:
                raise AttributeError(
                    f"this {type(self).__qualname__} does not know its configuration: it was "
                    "loaded, or built with keep=False"
                )
            return config


class InstanceConfig(Config):
    """A configuration told apart by object, not only by value.

    Where two objects of equal parameters occur in one configuration, the identifier of the latter
    says which is where.
    """

    __xpmid__ = "experimaestro.core.objects.config.instanceconfig"
    __xpm_instance__ = True


class ConfigMixin:
    """What configuration objects do, and value objects do not."""

    __slots__ = ()
    __xpmtype__: ClassVar[ObjectType]

    if TYPE_CHECKING:
        _xpm: State

    @property
    def __xpm__(self) -> ConfigInformation:
        """What is known of the configuration beside the values of its parameters."""
        return ConfigInformation(self)  # type: ignore[arg-type]

    @property
    def xpmconfig(self) -> Self:
        """The configuration itself."""
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        parameter = self.__xpmtype__.parameters.get(name)
        if parameter is not None:
            assignment.assign(self, parameter, value)  # type: ignore[arg-type]
            return
        if not name.startswith("_") and not _is_declared(type(self), name):
            if assignment.is_dropped_attribute(self, name, value):  # type: ignore[arg-type]
                return
            hint = assignment.unknown_hint(self, name)  # type: ignore[arg-type]
            title = type(self).__qualname__.removesuffix(".XPMConfig")
            place = caller(1)
            raise UnknownAttributeError(f"{title}, at {place}: {name} is no parameter: {hint}")
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.__xpmtype__.parameters:
            raise UnknownAttributeError(f"the parameter {name!r} cannot be deleted")
        object.__delattr__(self, name)

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        from .equality import equal_configurations  # when needed

        return equal_configurations(self, other)

    def __hash__(self) -> int:
        from .identifiers import stored_digest  # when needed

        if not self._xpm.sealed:
            raise TypeError(
                f"{self!r} is not sealed, so it cannot be put in a set: write sealed_set(…)"
            )
        return hash(stored_digest(self))  # type: ignore[arg-type]

    def __matmul__(self, inner: Any) -> Self:
        from .compose import compose  # when needed

        compose(self, inner)  # type: ignore[arg-type]
        return self

    def __repr__(self) -> str:
        return f"Config[{self.__xpmtype__.name}]"

    def __str__(self) -> str:
        return self.to_str()

    def to_str(self, max_depth: int = 3) -> str:
        """The configuration as it would be written, down to `max_depth` levels."""
        from .display import to_text  # when needed

        return to_text(self, max_depth)  # type: ignore[arg-type]

    def _repr_html_(self) -> str:
        from .notebook import render_html  # for notebooks

        return render_html(self)  # type: ignore[arg-type]

    def __arguments__(self) -> dict[str, Any]:
        """The parameters that have a value."""
        return dict(self.__xpm__.values)

    def __identifier__(self) -> Any:
        """The identifier."""
        return self.__xpm__.identifier

    def __json__(self) -> str:
        return str(self.__xpm__.identifier)

    def __copy__(self) -> Self:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.copy()

    def instance(
        self,
        context: GenerationContext | None = None,
        *,
        objects: ObjectStore | None = None,
        keep: bool = True,
    ) -> Any:
        """The value object, and those below it; the configuration is validated and sealed.

        Args:
            context: gives the folder of generated paths, as `DirectoryContext(path)` does.
            objects: keeps what is built, to be shared with other calls.
            keep: whether value objects remember their configuration, as `xpmconfig`.

        Raises:
            InvalidValueError: if a value is missing.
            InstanceError: if a value object cannot be made.
        """
        from .instances import build_instance  # when needed

        return build_instance(self, context, objects, keep)  # type: ignore[arg-type]

    def seal(self, context: GenerationContext | None = None) -> Self:
        """Freezes the configuration and all below it, and makes the generated values.

        Raises:
            InstanceError: if a path is to be generated, and there is no context.
        """
        from .sealing import seal  # when needed

        seal(self, context)  # type: ignore[arg-type]
        return self

    def copy(self) -> Self:
        """A deep copy that is not sealed, without tags nor producer."""
        from .copying import clone  # when needed

        return clone(self)

    def copy_dependencies(self, other: Config) -> Self:
        """Takes over the producing task and the explicit dependencies of `other`.

        Raises:
            SealedError: if the configuration has a producer already.
        """
        self.__xpm__.copy_dependencies(other)
        return self

    def add_dependencies(self, *dependencies: Any) -> Self:
        """Adds explicit dependencies, such as tokens."""
        self.__xpm__.add_dependencies(dependencies)
        return self

    def tag(self, name: str, value: Any) -> Self:
        """Adds a tag, and returns the configuration."""
        self.__xpm__.set_tag(name, value)
        return self

    def tags(self) -> TagDict:
        """The tags of the configuration and of all below it."""
        return self.__xpm__.tags()

    @property
    def job(self) -> Any:
        """The job of the task, or of the task that produces the configuration; else None."""
        return self.__xpm__.job

    @property
    def jobpath(self) -> Path:
        """The folder of the job."""
        path: Path = self.__xpm__.require_job().path
        return path

    def stdout(self) -> Path:
        """The file that holds the standard output of the job."""
        path: Path = self.__xpm__.require_job().stdout
        return path

    def stderr(self) -> Path:
        """The file that holds the errors of the job."""
        path: Path = self.__xpm__.require_job().stderr
        return path

    def wait(self) -> Any:
        """Waits until the job has ended."""
        return self.__xpm__.require_job().wait()


def _is_declared(cls: type, name: str) -> bool:
    """Whether a class, or one of its bases, has or annotates the attribute."""
    if hasattr(cls, name):
        return True
    return any(name in annotations_of(base) for base in cls.__mro__)


class UnsetParameter:
    """Stands, on the generated class, for a parameter whose object has no value for it.

    It is found only where the object itself has none: reading a value costs nothing more.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            raise AttributeError(self.name)
        name = owner.__qualname__.removesuffix(".XPMConfig")
        raise UnsetParameterError(
            f"the parameter {self.name!r} of {name} has no value yet (built at "
            f"{instance.__xpm__.location})"
        )
