"""The tree of a filter: what is tested, and how tests are put together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

__all__ = [
    "FIELDS",
    "Ago",
    "And",
    "Compare",
    "Expression",
    "Field",
    "Kind",
    "Literal",
    "Match",
    "Not",
    "OneOf",
    "Operand",
    "Or",
    "Tag",
    "Variable",
    "number_of",
    "referenced_tags",
    "text_of",
]


class Kind(Enum):
    """What the values of a variable are, hence what they may be compared with."""

    STATE = "a state"
    TEXT = "a text"
    TIME = "a time"
    DURATION = "a duration"
    NUMBER = "a number"


FIELDS: Mapping[str, Kind] = {
    "@state": Kind.STATE,
    "@name": Kind.TEXT,  # the task identifier
    "@id": Kind.TEXT,
    "@reason": Kind.TEXT,
    "@experiment": Kind.TEXT,
    "@run": Kind.TEXT,
    "@submitted": Kind.TIME,
    "@started": Kind.TIME,
    "@ended": Kind.TIME,
    "@duration": Kind.DURATION,
    "@progress": Kind.NUMBER,
    "@retries": Kind.NUMBER,
    "@exit": Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of the job."""

    name: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class Field:
    """A property of the job itself, written with an `@`."""

    name: str
    kind: Kind


Variable = Tag | Field


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant: `text` is how it is written, `number` what it is worth (None: not a number).

    For a time or a duration, `number` holds seconds (since the epoch, for a time).
    """

    text: str
    number: int | float | None = None


@dataclass(frozen=True, slots=True)
class Ago:
    """A moment before the one when the question is asked."""

    seconds: float


Operand = Literal | Ago | Tag


@dataclass(frozen=True, slots=True)
class Compare:
    """`variable operator operand`, with operator one of `= < <= > >=`."""

    variable: Variable
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class Match:
    """The text of the variable begins with what the regular expression describes."""

    variable: Variable
    pattern: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """The variable equals one of the operands."""

    variable: Variable
    operands: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    term: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    terms: tuple[Expression, ...]


Expression = Compare | Match | OneOf | Not | And | Or


def text_of(value: object) -> str:
    """The text under which a tag value is compared: `true`, `3`, `0.1`, `linear`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_INT64 = 2**63


def number_of(text: str) -> int | float | None:
    """The number that a text reads as, exactly; None when it is not one (or needs over 64 bits)."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        number: int | float = int(text)
    except ValueError:
        number = float(text)
        return None if number in (float("inf"), float("-inf")) else number
    return number if -_INT64 <= number < _INT64 else None


def referenced_tags(expression: Expression) -> list[Tag]:
    """The tags written on the right of a comparison: those that may be a text without quotes."""
    match expression:
        case Compare(operand=Tag() as tag):
            return [tag]
        case Not(term):
            return referenced_tags(term)
        case And(terms) | Or(terms):
            return [tag for term in terms for tag in referenced_tags(term)]
        case _:
            return []
