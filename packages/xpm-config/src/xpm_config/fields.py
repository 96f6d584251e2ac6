"""What a class body may say of a parameter: `Param`, `Meta`, `field`, partials, generated paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, TypeVar, overload

if TYPE_CHECKING:
    from .config import Config
    from .instances import GenerationContext

__all__ = [
    "MISSING",
    "STDERR",
    "STDOUT",
    "Choices",
    "Constant",
    "DataPath",
    "FieldSpec",
    "Generator",
    "Meta",
    "Option",
    "OptionalDataPath",
    "Param",
    "ParameterGroup",
    "Partial",
    "PathGenerator",
    "TypeAnnotation",
    "field",
    "help",
    "param_group",
    "partial",
    "pathgenerator",
]

T = TypeVar("T")


class _Missing:
    """The type of `MISSING`: no value, where `None` is one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final[Any] = _Missing()


# --- Markers: what stands in `Annotated[T, marker]`


class ArgumentOptions:
    """What the markers of one annotation say together."""

    __slots__ = ("checks", "constant", "generator", "help", "ignored", "is_data")

    def __init__(self) -> None:
        self.ignored = False
        self.constant = False
        self.is_data = False
        self.help: str | None = None
        self.generator: Generator | None = None
        self.checks: tuple[Choices, ...] = ()


class TypeAnnotation:
    """Base of the markers: `Annotated[T, marker]` declares a parameter."""

    def annotate(self, options: ArgumentOptions) -> None:
        """Adds to `options` what this marker says; overridden by each marker."""


class ParamMarker(TypeAnnotation):
    """Declares a parameter that is part of the identifier."""


class MetaMarker(TypeAnnotation):
    """Declares a parameter that is not part of the identifier."""

    def annotate(self, options: ArgumentOptions) -> None:
        """Leaves the parameter out of the identifier."""
        options.ignored = True


class ConstantMarker(TypeAnnotation):
    """Declares a read-only parameter that is always part of the identifier."""

    def annotate(self, options: ArgumentOptions) -> None:
        """Makes the parameter read-only."""
        options.constant = True


class DataMarker(MetaMarker):
    """Declares a path whose file or folder is copied by `save`."""

    def annotate(self, options: ArgumentOptions) -> None:
        """Leaves the path out of the identifier, and has it copied."""
        options.ignored = True
        options.is_data = True


class help(TypeAnnotation):
    """Says what a parameter is for: `Annotated[Param[int], help("Number of layers")]`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def annotate(self, options: ArgumentOptions) -> None:
        """Sets the help text."""
        options.help = self.text


class Choices(TypeAnnotation):
    """Restricts the values of a parameter: `Annotated[Param[str], Choices(["cpu", "gpu"])]`."""

    def __init__(self, choices: Iterable[Any]) -> None:
        self.choices = list(choices)

    def annotate(self, options: ArgumentOptions) -> None:
        """Adds the check."""
        options.checks += (self,)

    def check(self, value: Any) -> bool:
        """Whether `value` is one of the choices."""
        return value in self.choices


if TYPE_CHECKING:
    Param = Annotated[T, ParamMarker()]
    Meta = Annotated[T, MetaMarker()]
    Option = Annotated[T, MetaMarker()]
    Constant = Annotated[T, ConstantMarker()]
    DataPath = Annotated[Path, DataMarker()]
    OptionalDataPath = Annotated[Path | None, DataMarker()]
else:

    class _Alias:
        """`Param[T]`: `Annotated[T, marker]`, with the union in T in the order it was written.

        The marker is a new one each time, so that `typing` does not cache the result by the
        equality of T: `Union[int, str]` equals `Union[str, int]`, and the spelling first met in
        the process would replace the other.
        """

        def __init__(self, name: str, marker: type[TypeAnnotation]) -> None:
            self._name = name
            self._marker = marker

        def __getitem__(self, declared: Any) -> Any:
            return Annotated[declared, self._marker()]

        def __repr__(self) -> str:
            return self._name

    Param = _Alias("Param", ParamMarker)
    Meta = Option = _Alias("Meta", MetaMarker)
    Constant = _Alias("Constant", ConstantMarker)
    DataPath = Annotated[Path, DataMarker()]
    OptionalDataPath = Annotated[Path | None, DataMarker()]


# --- Generated values


class Generator:
    """Makes the value of a parameter when its configuration is sealed."""

    def __call__(self, context: GenerationContext, config: Config) -> Any:
        """The value, for `config` sealed in `context`."""
        raise TypeError(f"{type(self).__name__} must define __call__(context, config)")


class PathGenerator(Generator):
    """A path below the folder of the job, or of a partial: `PathGenerator("model.pt")`.

    Args:
        path: a relative path, or a function of the context and the configuration giving one.
        partial: places the path in the folder of this partial, which jobs share.
    """

    __slots__ = ("partial", "path")

    def __init__(
        self,
        path: str | Path | Callable[[Any, Any], str | Path] = "",
        *,
        partial: Partial | None = None,
    ) -> None:
        self.path = path
        self.partial = partial

    def __call__(self, context: GenerationContext, config: Config) -> Path:
        """The path, in the folder that `context` gives to `config`."""
        if self.partial is not None:
            folder = context.partial_folder(config, self.partial)
        else:
            folder = context.current_folder()
        path = self.path
        if not isinstance(path, (str, Path)):
            path = path(context, config)
        return folder / path if str(path) else folder


class pathgenerator(TypeAnnotation):
    """The older spelling: `Annotated[Path, pathgenerator("model.pt")]`."""

    def __init__(self, path: str | Path | Callable[[Any, Any], str | Path]) -> None:
        self.generator = PathGenerator(path)

    def annotate(self, options: ArgumentOptions) -> None:
        """Makes the parameter a generated path."""
        options.generator = self.generator


def _stream_path(suffix: str) -> Callable[[Any, Any], str]:
    def path(context: Any, config: Any) -> str:
        name = str(config.__xpm__.xpmtype.identifier).rpartition(".")[2]
        return f"{name}.{suffix}"

    return path


STDOUT = _stream_path("out")
STDERR = _stream_path("err")


# --- Groups and partials


class ParameterGroup(NamedTuple):
    """A named group of parameters; two groups of one name are the same group."""

    name: str


def param_group(name: str) -> ParameterGroup:
    """A group to be given to `field(groups=[...])` and `partial(exclude_groups=[...])`."""
    return ParameterGroup(name)


def _group_names(groups: Any) -> frozenset[str]:
    if groups is None:
        return frozenset()
    if isinstance(groups, (str, ParameterGroup)):
        groups = [groups]
    return frozenset(g if isinstance(g, str) else g.name for g in groups)


class Partial:
    """A partial identifier: the identifier without the parameters of some groups."""

    __slots__ = ("exclude_all", "exclude_groups", "exclude_no_group", "include_groups", "name")

    def __init__(
        self,
        *,
        exclude_groups: Any = None,
        include_groups: Any = None,
        exclude_no_group: bool = False,
        exclude_all: bool = False,
        name: str | None = None,
    ) -> None:
        self.exclude_groups = _group_names(exclude_groups)
        self.include_groups = _group_names(include_groups)
        self.exclude_no_group = exclude_no_group
        self.exclude_all = exclude_all
        self.name = name

    def __set_name__(self, owner: type, name: str) -> None:
        if self.name is None:
            self.name = name

    def is_excluded(self, groups: frozenset[str]) -> bool:
        """Whether a parameter of these groups is left out."""
        if groups & self.include_groups:
            return False
        if self.exclude_all or (self.exclude_no_group and not groups):
            return True
        return bool(groups & self.exclude_groups)

    def __repr__(self) -> str:
        return f"partial({self.name or 'unnamed'})"


def partial(
    *,
    exclude_groups: Iterable[ParameterGroup | str] | None = None,
    include_groups: Iterable[ParameterGroup | str] | None = None,
    exclude_no_group: bool = False,
    exclude_all: bool = False,
) -> Partial:
    """Declares a partial identifier, as a class attribute.

    The first rule that applies decides for a parameter: one of its groups is included, all are
    excluded, it has no group and those are excluded, one of its groups is excluded.

    Args:
        exclude_groups: groups whose parameters are left out.
        include_groups: groups whose parameters are kept, whatever the other arguments say.
        exclude_no_group: leaves out the parameters without group.
        exclude_all: leaves out everything that is not included.
    """
    return Partial(
        exclude_groups=exclude_groups,
        include_groups=include_groups,
        exclude_no_group=exclude_no_group,
        exclude_all=exclude_all,
    )


# --- field()


class FieldSpec:
    """What `field(...)` says of a parameter."""

    __slots__ = (
        "default",
        "factory",
        "groups",
        "ignore_default",
        "ignore_generated",
        "overrides",
        "partial",
    )

    def __init__(
        self,
        default: Any,
        factory: Callable[..., Any] | None,
        ignore_default: bool,
        ignore_generated: bool,
        overrides: bool,
        groups: frozenset[str],
        partial: Partial | None,
    ) -> None:
        self.default = default
        self.factory = factory
        self.ignore_default = ignore_default
        self.ignore_generated = ignore_generated
        self.overrides = overrides
        self.groups = groups
        self.partial = partial

    def __repr__(self) -> str:
        return f"field(default={self.default!r})"


@overload
def field(
    *,
    default: T,
    ignore_default: bool | None = None,
    ignore_generated: bool = False,
    overrides: bool = False,
    groups: Iterable[ParameterGroup | str] | None = None,
    group: ParameterGroup | str | None = None,
) -> T: ...
@overload
def field(
    *,
    default_factory: Callable[[], T],
    ignore_default: bool | None = None,
    ignore_generated: bool = False,
    overrides: bool = False,
    groups: Iterable[ParameterGroup | str] | None = None,
    group: ParameterGroup | str | None = None,
) -> T: ...
@overload
def field(
    *,
    default_factory: Generator,
    ignore_default: bool | None = None,
    ignore_generated: bool = False,
    overrides: bool = False,
    groups: Iterable[ParameterGroup | str] | None = None,
    group: ParameterGroup | str | None = None,
    partial: Partial | None = None,
    init: Literal[False] = False,  # never given: tells type checkers that `.C` does not take it
) -> Any: ...
@overload
def field(
    *,
    ignore_default: Any = None,
    ignore_generated: bool = False,
    overrides: bool = False,
    groups: Iterable[ParameterGroup | str] | None = None,
    group: ParameterGroup | str | None = None,
) -> Any: ...
def field(  # type: ignore[misc]  # pyright: ignore[reportInconsistentOverload] - see `init` above
    *,
    default: Any = MISSING,
    default_factory: Any = None,
    ignore_default: Any = None,
    ignore_generated: bool = False,
    overrides: bool = False,
    groups: Iterable[ParameterGroup | str] | None = None,
    group: ParameterGroup | str | None = None,
    partial: Partial | None = None,
) -> Any:
    """Says more of a parameter: its default, whether that default counts, its groups.

    Args:
        default: the value when none is given. It is part of the identifier unless ignored.
        default_factory: makes the default: a function, or a `PathGenerator`.
        ignore_default: `True` leaves the parameter out of the identifier when its value equals
            the default, so that a parameter can be added without changing identifiers.
        ignore_generated: allows a configuration with generated paths as a value elsewhere.
        overrides: says that a parameter of a parent class is redefined on purpose.
        groups: the groups of the parameter, for partial identifiers.
        group: the same, for a single group.
        partial: places the path of a `PathGenerator` in the folder of this partial.

    Raises:
        DeclarationError: if two defaults are given.
    """
    from .errors import DeclarationError  # only to explain a mistake

    if default is not MISSING and default_factory is not None:
        raise DeclarationError("field(default=…, default_factory=…): give one of the two")
    skip = ignore_default is True
    if ignore_default is not None and not isinstance(ignore_default, bool):
        _warn_older_spelling(default is not MISSING or default_factory is not None)
        default, skip = ignore_default, True
    if partial is not None:
        if not isinstance(default_factory, PathGenerator):
            raise DeclarationError("field(partial=…) needs default_factory=PathGenerator(…)")
        default_factory = PathGenerator(default_factory.path, partial=partial)
    names = _group_names(groups) | _group_names(group)
    return FieldSpec(
        default,
        default_factory,
        skip,
        ignore_generated,
        overrides,
        names,
        partial,
    )


def _warn_older_spelling(has_default: bool) -> None:
    """Tells how to write `field(ignore_default=value)` now."""
    import warnings  # only for this older spelling

    from .errors import DeclarationError

    if has_default:
        raise DeclarationError(
            "field(ignore_default=value) is itself a default; with another default, write "
            "ignore_default=True"
        )
    warnings.warn(
        "field(ignore_default=value) is deprecated: write field(default=value, "
        "ignore_default=True)",
        DeprecationWarning,
        stacklevel=3,
    )
