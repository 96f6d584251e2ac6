"""The description of a configuration class: its type name, its parameters, its documentation."""

from __future__ import annotations

import sys
import types as pytypes
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from .annotations import annotations_of, build_type, without_optional
from .errors import DeclarationError, nearest_name
from .fields import MISSING, ArgumentOptions, Choices, FieldSpec, Generator, Partial, TypeAnnotation
from .mismatch import Mismatch
from .typenames import Identifier, type_name
from .types import ConfigType, ParameterType, PathType, UnionType_, tuple_within

if TYPE_CHECKING:
    from .config import Config
    from .deprecation import Deprecation
    from .streams import Encoding


ConfigClass: TypeAlias = "type[Config]"
"""For `Parameter`, in which `type` is something else."""


class Parameter:
    """A parameter of a configuration class.

    Attributes:
        name: its name.
        type: what it accepts, without one layer of `Optional`.
        ignored: whether it is left out of identifiers.
        constant: whether it is read-only.
        required: whether identifiers need a value.
        optional: whether its declared type, or `field(default=None)`, accepts `None`.
        default: the default as it is written, or `MISSING`.
        initial: the default as it is stored, or `MISSING`.
        skip_default: whether a value equal to the default is left out of identifiers.
        factory: makes the default, or the value when the configuration is sealed.
        generator: makes a value that cannot be given, such as a path.
        groups: names of its groups, for partial identifiers.
        is_data: whether it is a file or a folder that `save` copies.
        overrides: whether it redefines a parameter on purpose.
        refuses_tuples: whether a tuple, which its type accepts, would enter identifiers.
        ignore_generated: whether it accepts a configuration that holds generated paths.
        owner: the class that declares it.
    """

    __slots__ = (
        "checks",
        "constant",
        "default",
        "explicit_help",
        "factory",
        "generator",
        "groups",
        "ignore_generated",
        "ignored",
        "initial",
        "is_data",
        "name",
        "optional",
        "overrides",
        "owner",
        "refuses_tuples",
        "required",
        "skip_default",
        "type",
    )

    name: str
    type: ParameterType
    ignored: bool
    constant: bool
    required: bool
    optional: bool
    default: Any
    initial: Any
    skip_default: bool
    factory: Callable[..., Any] | None
    generator: Generator | None
    groups: frozenset[str]
    is_data: bool
    overrides: bool
    refuses_tuples: bool
    ignore_generated: bool
    checks: tuple[Choices, ...]
    explicit_help: str | None
    owner: ConfigClass

    @property
    def help(self) -> str | None:
        """What the parameter is for: from `help(...)`, its docstring or that of its class."""
        if self.explicit_help is not None:
            return self.explicit_help
        from .docs import class_documentation  # reads and parses source: only when asked

        return class_documentation(self.owner).attributes.get(self.name)

    @property
    def is_generated(self) -> bool:
        """Whether the value is made, and cannot be given."""
        return self.generator is not None

    def coerce(self, value: Any) -> Any:
        """What is stored for `value` (not `None`).

        Raises:
            Mismatch: if it is refused.
        """
        stored = self.type.coerce(value)
        if self.refuses_tuples:
            self._refuse_tuple(stored)
        for check in self.checks:
            if not check.check(stored):
                choices = ", ".join(map(repr, check.choices))
                near = nearest_name(stored, check.choices) if isinstance(stored, str) else None
                hint = "" if near is None else f"did you mean {near!r}?"
                raise Mismatch(value, f"one of {choices}", hint=hint)
        return stored

    def _refuse_tuple(self, stored: Any) -> None:
        """Refuses a tuple that would enter identifiers: there, 2.x has no form for it.

        A default that is left out of identifiers never does.
        """
        if self.skip_default and (self.default is stored or self.default == stored):
            return
        found = tuple_within(stored)
        if found is not None:
            where, inside = found
            raise Mismatch(
                inside,
                "a list",
                where,
                hint=f"identifiers hold no tuple: declare {self.name} as a list, or as "
                f"Meta[{self.type}] to leave it out of them",
            )

    def __repr__(self) -> str:
        return f"Parameter({self.name}: {self.type})"


class ObjectType:
    """What is known of a configuration class, found out when it is first needed.

    Attributes:
        cls: the class that the user wrote.
        name: the type name.
        is_instance: whether objects are told apart by more than their values.
        deprecation: how the class is deprecated, if it is.
    """

    def __init__(self, cls: type[Config]) -> None:
        self.cls = cls
        self.original_name = type_name(cls)
        self.name = self.original_name
        self.deprecation: Deprecation | None = None
        self.value_class: type[Any] = cls
        self.is_instance = bool(getattr(cls, "__xpm_instance__", False))
        self.encoding: Encoding | None = None
        self._parameters: dict[str, Parameter] | None = None
        self._own: dict[str, Parameter] | None = None

    @property
    def identifier(self) -> Identifier:
        """The type name, as an object whose text it is."""
        return Identifier(self.name)

    @property
    def config_class(self) -> type[Config]:
        """The class of configuration objects, `cls.C`."""
        return self.cls.C

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """All parameters by name, the inherited ones first."""
        if self._parameters is None:
            self._parameters = _collect(self)
        return self._parameters

    arguments = parameters

    @property
    def own_parameters(self) -> Mapping[str, Parameter]:
        """The parameters that the class itself declares."""
        if self._own is None:
            self._own = _own_parameters(self.cls)
        return self._own

    @property
    def partials(self) -> dict[str, Partial]:
        """The partial identifiers that the class itself declares."""
        return {n: p for n, p in vars(self.cls).items() if isinstance(p, Partial)}

    @property
    def title(self) -> str:
        """The first line of the documentation, else the type name."""
        from .docs import class_documentation  # reads and parses source: only when asked

        return class_documentation(self.cls).title or self.name

    @property
    def description(self) -> str:
        """The documentation after its first line."""
        from .docs import class_documentation  # reads and parses source: only when asked

        return class_documentation(self.cls).description

    def parents(self) -> Iterable[ObjectType]:
        """The descriptions of the parent configuration classes."""
        return [b.__getxpmtype__() for b in config_bases(self.cls)]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"ObjectType({self.name})"


def config_bases(cls: type) -> list[type[Config]]:
    """The direct bases of `cls` that are configuration classes."""
    from .config import Config  # the module of Config imports this one

    return [b for b in cls.__bases__ if isinstance(b, type) and issubclass(b, Config)]


def _collect(described: ObjectType) -> dict[str, Parameter]:
    """Own parameters, then everything visible on each base, left to right: the first one wins.

    Depth first, and not the MRO: identifiers of 2.x depend on it.
    """
    own = described.own_parameters
    inherited: dict[str, Parameter] = {}
    for base in config_bases(described.cls):
        for name, parameter in base.__getxpmtype__().parameters.items():
            inherited.setdefault(name, parameter)
    for name, parameter in own.items():
        if name in inherited:
            _check_override(described.cls, inherited[name], parameter)
    return {**inherited, **own}


def _check_override(cls: type, parent: Parameter, child: Parameter) -> None:
    if not _compatible(parent.type, child.type):
        raise DeclarationError(
            f"{cls.__qualname__}.{child.name} is declared {child.type}, but "
            f"{parent.owner.__qualname__}.{child.name}, which it redefines, is {parent.type}: "
            "a subclass may only narrow the type."
        )
    if not child.overrides:
        import logging  # heavy, and only to warn

        logging.getLogger("xpm.config").warning(
            "%s.%s redefines the parameter %s of %s.%s: write field(overrides=True) if this is "
            "meant",
            cls.__module__,
            cls.__qualname__,
            child.name,
            parent.owner.__module__,
            parent.owner.__qualname__,
        )


def _compatible(parent: ParameterType, child: ParameterType) -> bool:
    if isinstance(parent, ConfigType):
        return isinstance(child, ConfigType) and issubclass(child.cls, parent.cls)
    if parent.exact is not None or isinstance(parent, PathType):
        return type(child) is type(parent)
    return True


# --- Own parameters

MARKERS = ("Param", "Meta", "Option", "Constant", "DataPath", "Annotated")


def own_annotations(cls: type) -> dict[str, Any]:
    """The annotations of the class body that declare parameters, evaluated.

    Raises:
        DeclarationError: if a name in one of them is not defined.
    """
    found: dict[str, Any] = {}
    for name, annotation in annotations_of(cls).items():
        if isinstance(annotation, str) and annotation.startswith(("ClassVar", "typing.ClassVar")):
            continue
        evaluated = evaluate(cls, name, annotation)
        if typing.get_origin(evaluated) is typing.Annotated and any(
            isinstance(m, TypeAnnotation) for m in evaluated.__metadata__
        ):
            found[name] = evaluated
    return found


def evaluate(cls: type, name: str, annotation: Any) -> Any:
    """The annotation with its texts and forward references resolved."""
    module = sys.modules.get(cls.__module__)
    local = {**vars(cls).get("__xpm_locals__", {}), cls.__name__: cls, **vars(cls)}
    holder = pytypes.SimpleNamespace(__annotations__={name: annotation})
    try:
        hints = typing.get_type_hints(holder, vars(module) if module else {}, local, True)
    except NameError as error:
        if isinstance(annotation, str) and not any(m in annotation for m in MARKERS):
            return None
        raise DeclarationError(
            f"{cls.__module__}.{cls.__qualname__}.{name}: {error.name!r}, in the annotation "
            f"{annotation!r}, is not defined in the module {cls.__module__}."
        ) from error
    return hints[name]


def _own_parameters(cls: type[Config]) -> dict[str, Parameter]:
    return {n: _build_parameter(cls, n, a) for n, a in own_annotations(cls).items()}


def declared_options(annotation: Any) -> tuple[ArgumentOptions, Any]:
    """What the markers of an `Annotated` say, and its type."""
    options = ArgumentOptions()
    for marker in annotation.__metadata__:
        if isinstance(marker, TypeAnnotation):
            marker.annotate(options)
    return options, annotation.__origin__


def _build_parameter(cls: type[Config], name: str, annotation: Any) -> Parameter:
    options, declared = declared_options(annotation)
    declared, optional = without_optional(declared)
    parameter = Parameter()
    parameter.name = name
    parameter.owner = cls
    try:
        parameter.type = build_type(declared, hashed=not options.ignored)
    except DeclarationError as error:
        raise DeclarationError(f"{cls.__module__}.{cls.__qualname__}.{name}: {error}") from None
    _restore_unions(parameter)
    parameter.ignored = options.ignored or isinstance(parameter.type, PathType)
    parameter.refuses_tuples = parameter.type.holds_tuples and not parameter.ignored
    parameter.constant = options.constant
    parameter.optional = optional or _accepts_none(parameter.type)
    parameter.is_data = options.is_data
    parameter.explicit_help = options.help
    parameter.checks = options.checks
    parameter.generator = options.generator
    _set_default(parameter, getattr(cls, name, None), optional)
    return parameter


def _restore_unions(parameter: Parameter) -> None:
    """Has unions tried in the order in which the class writes them."""
    if not _has_union(parameter.type):
        return
    from . import spelling  # reads source, for the few unions whose order may be lost

    cls, name = parameter.owner, parameter.name
    if not spelling.is_ambiguous(parameter.type):
        return
    text = spelling.annotation_text(cls, name, annotations_of(cls)[name])
    if text is not None:
        spelling.restore_order(
            parameter.type, text, lambda part: build_type(evaluate(cls, name, part))
        )


def _has_union(kind: ParameterType) -> bool:
    return isinstance(kind, UnionType_) or any(map(_has_union, kind.parts))


def _accepts_none(kind: ParameterType) -> bool:
    return isinstance(kind, UnionType_) and kind.matches(None)


def _set_default(parameter: Parameter, found: Any, optional: bool) -> None:
    """Reads the default that the class body, or a base, gives: a value or a `field(...)`."""
    parameter.default = MISSING
    parameter.factory = None
    parameter.groups = frozenset()
    parameter.skip_default = parameter.overrides = parameter.ignore_generated = False
    parameter.required = found is None and not optional
    if isinstance(found, FieldSpec):
        parameter.skip_default = found.ignore_default
        parameter.overrides = found.overrides
        parameter.ignore_generated = found.ignore_generated
        parameter.groups = found.groups
        _set_factory(parameter, found)
    elif found is not None:
        parameter.default = found
        parameter.skip_default = True
        if not parameter.constant:
            _warn_bare_default(parameter)
    if parameter.constant and parameter.default is MISSING and parameter.generator is None:
        raise DeclarationError(
            f"{_where(parameter)} is a Constant: it needs a value, as in "
            f"`{parameter.name}: Constant[…] = 1`."
        )
    parameter.initial = MISSING
    if parameter.default is not MISSING:
        try:
            parameter.initial = parameter.coerce(parameter.default)
        except Mismatch as mismatch:
            raise InvalidDefault(parameter, mismatch) from None


class InvalidDefault(DeclarationError, ValueError):
    """The default of a parameter is refused by its type."""

    def __init__(self, parameter: Parameter, mismatch: Mismatch) -> None:
        super().__init__(f"{_where(parameter)}: {mismatch.describe('its default')}.")


def _where(parameter: Parameter) -> str:
    return f"{parameter.owner.__module__}.{parameter.owner.__qualname__}.{parameter.name}"


def _set_factory(parameter: Parameter, spec: FieldSpec) -> None:
    if isinstance(spec.factory, Generator):
        parameter.generator = spec.factory
        return
    if spec.factory is None:
        if spec.default is None:  # field(default=None): said on purpose
            parameter.optional = True
        elif spec.default is not MISSING:
            parameter.default = spec.default
        return
    if not callable(spec.factory):
        raise DeclarationError(f"{_where(parameter)}: default_factory is not a function.")
    parameter.factory = spec.factory
    if parameter.ignored:
        return
    made = spec.factory()
    if made is not None:
        parameter.default = made


# --- Bare defaults

_MAX_WARNINGS = 10
_warned: dict[str, int] = {}


def _warn_bare_default(parameter: Parameter) -> None:
    module = parameter.owner.__module__
    count = _warned[module] = _warned.get(module, 0) + 1
    if count > _MAX_WARNINGS:
        return
    import warnings  # only to warn

    left = f" ({_MAX_WARNINGS - count} more such warnings for this module)"
    filename, line = parameter.owner.__dict__.get("__xpm_location__", (module, 1))
    warnings.warn_explicit(
        f"{_where(parameter)} has a bare default. Write field(default=…, ignore_default=True) to "
        "keep its identifiers, or let `experimaestro refactor default-values` do it."
        f"{left if count < _MAX_WARNINGS else ''}",
        DeprecationWarning,
        filename,
        line,
        module=module,
    )
