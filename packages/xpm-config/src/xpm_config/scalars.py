"""The types of single values, and what all parameter types have in common.

A `ParameterType` turns a value into the value that is stored (`coerce`), or says why it cannot
(`Mismatch`, which becomes part of the message of an `InvalidValueError`).
"""

from __future__ import annotations

import sys
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from .mismatch import Mismatch

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


class ParameterType:
    """A type that a parameter can have.

    Attributes:
        exact: the Python class of which an instance (not of a subclass) is stored unchanged.
        holds_configs: whether a value may be, or contain, a configuration.
        holds_tuples: whether the type is, or contains, one of tuples.
        is_mutable: whether a value can change in place.
        is_container: whether a value is a list, a set, a dictionary or a tuple.
        parts: the types that it is made of.
        variables: the type variables in it.
    """

    __slots__ = ()

    exact: ClassVar[type | None] = None
    holds_configs: bool = False
    holds_tuples: bool = False
    is_mutable: bool = False
    is_container: bool = False
    parts: tuple[ParameterType, ...] = ()
    variables: frozenset[TypeVar] = frozenset()

    def coerce(self, value: Any) -> Any:
        """The value that is stored for `value`.

        Raises:
            Mismatch: if the value is refused.
        """
        return value

    def matches(self, value: Any) -> bool:
        """Whether `value` is already of this type, so that nothing need be converted."""
        return type(value) is self.exact

    @property
    def name(self) -> str:
        """How the type is written."""
        return str(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class AnyType(ParameterType):
    """Accepts everything, and keeps it as it is."""

    __slots__ = ()
    holds_configs = True
    is_mutable = True

    def matches(self, value: Any) -> bool:
        """Everything is."""
        return True

    def __str__(self) -> str:
        return "Any"


def _number_text(value: Any) -> str | None:
    """The text of a number given as `str` or `bytes`, else None."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (bytes, bytearray)):
        try:
            return bytes(value).decode().strip()
        except UnicodeDecodeError:
            return None
    return None


def _integer_of_text(text: str) -> int | None:
    """The integer that `text` writes: `12`, `+12`, `1_000`, `12.00`, but not `12.` nor `1e3`."""
    whole, dot, fraction = text.partition(".")
    if dot and (not fraction or fraction.strip("0")):
        return None
    try:
        return int(whole)
    except ValueError:
        return None


class IntType(ParameterType):
    """Integers; those of a hashed parameter have 64 bits, as identifiers do."""

    __slots__ = ("wide",)
    exact = int

    def __init__(self, wide: bool = False) -> None:
        self.wide = wide

    def coerce(self, value: Any) -> int:
        """An `int`, from whatever writes an integer without loss."""
        number = self._convert(value)
        if number is None:
            raise Mismatch(value, "int")
        if not self.wide and not INT64_MIN <= number <= INT64_MAX:
            raise Mismatch(
                value,
                "int of 64 bits",
                hint="identifiers hold 64 bits: use Param[str], or Meta[int] to leave it out",
            )
        return number

    def _convert(self, value: Any) -> int | None:
        if isinstance(value, Enum):
            value = value.value
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            return int(value) if value.is_integer() else None
        text = _number_text(value)
        if text is not None:
            return _integer_of_text(text)
        decimal = sys.modules.get("decimal")  # a Decimal exists only if the module is loaded
        if decimal is not None and isinstance(value, decimal.Decimal):
            return int(value) if value.is_finite() and value == int(value) else None
        index = getattr(value, "__index__", None)  # integers of numpy
        return None if index is None else int(index())

    def __str__(self) -> str:
        return "int"


class FloatType(ParameterType):
    """Floating point numbers."""

    __slots__ = ()
    exact = float

    def coerce(self, value: Any) -> float:
        """A `float`, from a number or the text of one."""
        text = _number_text(value)
        if (
            text is not None
            or hasattr(type(value), "__float__")
            or hasattr(type(value), "__index__")
        ):
            try:
                return float(value if text is None else text)
            except (TypeError, ValueError, OverflowError):
                pass
        raise Mismatch(value, "float")

    def __str__(self) -> str:
        return "float"


_TRUE_TEXTS = frozenset({"1", "on", "t", "true", "y", "yes"})
_FALSE_TEXTS = frozenset({"0", "off", "f", "false", "n", "no"})


class BoolType(ParameterType):
    """Truth values."""

    __slots__ = ()
    exact = bool

    def coerce(self, value: Any) -> bool:
        """A `bool`, from 0, 1 or one of the usual words."""
        if isinstance(value, (bool, int, float)) and value in (0, 1):
            return bool(value)
        text = _number_text(value)
        if text is not None:
            lower = text.lower()
            if lower in _TRUE_TEXTS:
                return True
            if lower in _FALSE_TEXTS:
                return False
        if type(value).__name__ in ("bool_", "bool"):  # numpy's
            return bool(value)
        raise Mismatch(value, "bool")

    def __str__(self) -> str:
        return "bool"


class StrType(ParameterType):
    """Text."""

    __slots__ = ()
    exact = str

    def coerce(self, value: Any) -> str:
        """A `str`; a member of a text enumeration gives its text."""
        if isinstance(value, Enum) and isinstance(value, str):
            return str(value.value)
        if isinstance(value, str):
            return str.__str__(value)
        raise Mismatch(value, "str")

    def __str__(self) -> str:
        return "str"


class PathType(ParameterType):
    """Paths, which are never part of an identifier."""

    __slots__ = ()

    def coerce(self, value: Any) -> Path:
        """A `Path`, from a path or text."""
        if isinstance(value, Path):
            return value
        if isinstance(value, str):
            return Path(value)
        raise Mismatch(value, "Path")

    def matches(self, value: Any) -> bool:
        """A path is kept as it is."""
        return isinstance(value, Path)

    def __str__(self) -> str:
        return "Path"


class EnumType(ParameterType):
    """Members of an enumeration."""

    __slots__ = ("cls",)

    def __init__(self, cls: type[Enum]) -> None:
        self.cls = cls

    def coerce(self, value: Any) -> Enum:
        """A member of the class, and nothing else."""
        if isinstance(value, self.cls):
            return value
        members = [m.name for m in self.cls]
        hint = ""
        if isinstance(value, str) and value in members:
            hint = f"write {self.cls.__name__}.{value}"
        elif any(type(m.value) is type(value) and m.value == value for m in self.cls):
            hint = f"write {self.cls.__name__}.{self.cls(value).name}"
        raise Mismatch(value, str(self), hint=hint)

    def matches(self, value: Any) -> bool:
        """A member is."""
        return isinstance(value, self.cls)

    def __str__(self) -> str:
        return self.cls.__qualname__


class NoneType_(ParameterType):
    """`None`, as a member of a union or an element."""

    __slots__ = ()
    exact = type(None)

    def coerce(self, value: Any) -> None:
        """`None`."""
        if value is not None:
            raise Mismatch(value, "None")

    def __str__(self) -> str:
        return "None"


ANY = AnyType()
INT = IntType()
WIDE_INT = IntType(wide=True)
FLOAT = FloatType()
BOOL = BoolType()
STR = StrType()
PATH = PathType()
NONE = NoneType_()
