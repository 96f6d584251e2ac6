"""The filter language: text to a checked tree, every mistake shown under the column where it is.

```
filter := and-part ("or" and-part)*
and-part := not-part ("and" not-part)*
not-part := "not" not-part | "(" filter ")" | test
test   := variable ("=" | "==" | "!=" | "<" | "<=" | ">" | ">=") value
        | variable ("~" | "!~") string                regular expression, anchored at the start
        | variable ["not"] "in" "[" value ("," value)* "]"
variable := "@state" | "@name" | … (`FIELDS`) | a tag, `in backquotes` when its name is unusual
value  := "text" | 'text' | number | true | false | a state | a tag
        | 90s 5m 2h 1d (how long) | -2h (two hours ago)
```

Values are compared as text, or as numbers when both sides read as numbers: `lr = 3`, `lr = "3"`
and `lr = 3.0` say the same. A test on a tag that a job does not have is false, so its `not` (and
`!=`, `!~`, `not in`) is true.

Pure: nothing here reads a file or a clock. `xpm_store.index.filters` turns the tree into SQL.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from xpm_store.errors import FilterError
from xpm_store.states import JobState

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
    "Or",
    "Tag",
    "Variable",
    "parse",
    "referenced_tags",
    "text_of",
]

MAX_TESTS = 200  # SQLite refuses expressions deeper than 1000: stay far from it
MAX_DEPTH = 50
MAX_LISTED = 1000


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

# What people write for a state, and the state they mean.
_STATE_HINTS = {
    "failed": "error",
    "fail": "error",
    "finished": "done",
    "completed": "done",
    "success": "done",
    "pending": "waiting",
    "queued": "scheduled",
}
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


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


def parse(text: str) -> Expression:
    """Read a filter.

    Args:
        text: the filter, for instance `@state = "done" and lr in [0.1, 0.5]`.

    Raises:
        FilterError: the text is not a filter. Its message shows the text with a caret under the
            column of the mistake, what was expected there, and a proposal when one is close.

    Example:
        >>> parse("@duration > 5m").operand
        Literal(text='5m', number=300.0)
    """
    parser = _Parser(text, _tokens(text))
    expression = parser.disjunction(0)
    parser.finish()
    return expression


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


# --- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # string, name, field, number, duration, operator, end
    text: str
    column: int  # from 0

    @property
    def shown(self) -> str:
        return "the end of the filter" if self.kind == "end" else f"`{self.text}`"


_WORDS = re.compile(
    r"""
    (?P<blank>\s+)
  | (?P<string>"[^"]*"|'[^']*')
  | (?P<quoted>`[^`]+`)
  | (?P<field>@[A-Za-z_]*)
  | (?P<duration>-?(?:\d+(?:\.\d*)?|\.\d+)[smhdw](?![\w.]))
  | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
  | (?P<name>[^\W\d][\w.-]*)
  | (?P<operator>==|!=|<=|>=|!~|[=<>~()\[\],])
    """,
    re.VERBOSE,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false"})


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        found = _WORDS.match(text, position)
        if found is None:
            raise FilterError(text, position, _unreadable(text, position))
        kind = found.lastgroup or ""
        word = found.group()
        if kind != "blank":
            tokens.append(_Token(kind, word, position))
        position = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _unreadable(text: str, position: int) -> str:
    character = text[position]
    if character in "\"'`":
        return f"this {character} is never closed"
    if character == "&":
        return 'write "and"'
    if character == "|":
        return 'write "or"'
    if character == "!":
        return 'write "not", or "!="'
    if character.isdigit() or character in "+-.":
        word = re.match(r"[^\s,\])]*", text[position:])
        found = word.group() if word else character
        return f'"{found}" is not a number; a text is written with quotes: "{found}"'
    return f"{character!r} means nothing here"


# --- sentences -----------------------------------------------------------------------------------


class _Parser:
    """Recursive descent, one method a rule; `not` binds tighter than `and`, `and` than `or`."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self._text = text
        self._tokens = tokens
        self._next = 0
        self._tests = 0

    def disjunction(self, depth: int) -> Expression:
        terms = [self._conjunction(depth)]
        while self._accept("or"):
            terms.append(self._conjunction(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def finish(self) -> None:
        token = self._peek()
        if token.kind != "end":
            raise self._error(token, f'expected "and", "or" or the end, found {token.shown}')

    def _conjunction(self, depth: int) -> Expression:
        terms = [self._negation(depth)]
        while self._accept("and"):
            terms.append(self._negation(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _negation(self, depth: int) -> Expression:
        token = self._peek()
        if depth > MAX_DEPTH:
            raise self._error(token, f"more than {MAX_DEPTH} levels of parentheses and `not`")
        if self._accept("not"):
            return Not(self._negation(depth + 1))
        if self._accept("("):
            inner = self.disjunction(depth + 1)
            self._expect(")", f"the `(` of column {token.column + 1} is not closed")
            return inner
        return self._test()

    def _test(self) -> Expression:
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise self._error(self._peek(), f"more than {MAX_TESTS} tests; use `in [ … ]`")
        variable = self._variable()
        token = self._take()
        if token.text == "not" and self._accept("in"):
            return Not(self._one_of(variable))
        if token.text == "in" and token.kind == "name":
            return self._one_of(variable)
        if token.kind != "operator" or token.text in "()[],":
            raise self._error(
                token,
                f"expected =, !=, <, <=, >, >=, ~, in or not in after `{variable.name}`, "
                f"found {token.shown}",
            )
        if token.text in ("~", "!~"):
            found = self._match(variable)
            return Not(found) if token.text == "!~" else found
        return self._compare(variable, token)

    def _compare(self, variable: Variable, operator: _Token) -> Expression:
        name = "=" if operator.text in ("==", "!=") else operator.text
        unordered = isinstance(variable, Field) and variable.kind in (Kind.STATE, Kind.TEXT)
        if name != "=" and unordered:
            raise self._error(operator, f"`{variable.name}` has no order: use =, !=, ~ or in")
        compare = Compare(variable, name, self._operand(variable))
        return Not(compare) if operator.text == "!=" else compare

    def _variable(self) -> Variable:
        token = self._take()
        if token.kind == "field":
            if token.text not in FIELDS:
                raise self._error(
                    token,
                    f"there is no `{token.text}`{_did_you_mean(token.text, FIELDS)}; "
                    f"there are {', '.join(FIELDS)}",
                )
            return Field(token.text, FIELDS[token.text])
        if token.kind == "quoted":
            return Tag(token.text[1:-1], token.column)
        if token.kind == "name" and token.text not in _KEYWORDS:
            return Tag(token.text, token.column)
        raise self._error(
            token, f"expected a tag, or a word with an @ such as @state, found {token.shown}"
        )

    def _match(self, variable: Variable) -> Match:
        token = self._take()
        if token.kind != "string":
            raise self._error(
                token, f"expected a regular expression in quotes, found {token.shown}"
            )
        if isinstance(variable, Field) and variable.kind not in (Kind.STATE, Kind.TEXT):
            raise self._error(token, f"`{variable.name}` is {variable.kind.value}, not a text")
        pattern = token.text[1:-1]
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            offset = getattr(error, "pos", None) or 0
            raise FilterError(
                self._text, token.column + 1 + offset, f"not a regular expression: {error}"
            ) from None
        return Match(variable, pattern)

    def _one_of(self, variable: Variable) -> OneOf:
        self._expect("[", "expected `[` and a list of values after `in`")
        operands: list[Literal] = []
        while True:
            token = self._peek()
            operand = self._operand(variable)
            if not isinstance(operand, Literal):
                raise self._error(token, _quotes_needed(token))
            operands.append(operand)
            if len(operands) > MAX_LISTED:
                raise self._error(token, f"more than {MAX_LISTED} values in one list")
            if not self._accept(","):
                break
        self._expect("]", "expected `,` or `]`")
        return OneOf(variable, tuple(operands))

    def _operand(self, variable: Variable) -> Operand:
        token = self._take()
        if isinstance(variable, Field):
            return _READERS[variable.kind](self, token)
        if token.kind == "quoted":
            return Tag(token.text[1:-1], token.column)
        if token.kind == "name" and token.text not in _KEYWORDS:
            return Tag(token.text, token.column)
        return self.literal(token)

    # what each kind of variable may be compared with

    def state(self, token: _Token) -> Literal:
        word = self._word(token).lower()
        states = [state.value for state in JobState]
        if word in states:
            return Literal(word)
        hint = _STATE_HINTS.get(word)
        proposal = f', did you mean "{hint}"?' if hint else _did_you_mean(word, states)
        raise self._error(
            token, f'"{word}" is not a state{proposal} The states are {", ".join(states)}'
        )

    def text(self, token: _Token) -> Literal:
        return Literal(self._word(token))

    def time(self, token: _Token) -> Operand:
        if token.kind == "duration" and token.text.startswith("-"):
            return Ago(-_seconds(token.text))
        if token.kind == "number":
            return Literal(token.text, number_of(token.text))
        if token.kind == "string":
            try:
                moment = datetime.fromisoformat(token.text[1:-1])
                return Literal(token.text[1:-1], moment.timestamp())
            except (ValueError, OverflowError, OSError):
                pass
        raise self._error(
            token,
            'expected a time, such as "2026-01-31", "2026-01-31T10:00" or -2h (two hours ago), '
            f"found {token.shown}",
        )

    def duration(self, token: _Token) -> Literal:
        word = token.text[1:-1] if token.kind == "string" else token.text
        number = number_of(word)
        if number is None and re.fullmatch(r"(\d+(\.\d*)?|\.\d+)[smhdw]", word):
            number = _seconds(word)
        if number is None:
            raise self._error(
                token, f"expected a duration, such as 90s, 5m, 2h or 1d, found {token.shown}"
            )
        return Literal(word, number)

    def number(self, token: _Token) -> Literal:
        literal = self.literal(token)
        if literal.number is None:
            raise self._error(token, f"expected a number, found {token.shown}")
        return literal

    def literal(self, token: _Token) -> Literal:
        if token.kind == "string":
            return Literal(token.text[1:-1], number_of(token.text[1:-1]))
        if token.kind == "number":
            return Literal(token.text, number_of(token.text))
        if token.text in ("true", "false"):
            return Literal(token.text)
        if token.kind == "duration":
            raise self._error(token, _quotes_needed(token))
        raise self._error(token, f"expected a value, found {token.shown}")

    # the tape

    def _word(self, token: _Token) -> str:
        if token.kind == "string":
            return token.text[1:-1]
        if token.kind == "name" and token.text not in _KEYWORDS:
            return token.text
        if token.kind in ("number", "duration"):
            return token.text
        raise self._error(token, f"expected a text in quotes, found {token.shown}")

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _accept(self, word: str) -> bool:
        token = self._peek()
        if token.text != word or token.kind not in ("name", "operator"):
            return False
        self._take()
        return True

    def _expect(self, word: str, message: str) -> None:
        token = self._peek()
        if not self._accept(word):
            raise self._error(token, f"{message}; found {token.shown}")

    def _error(self, token: _Token, message: str) -> FilterError:
        return FilterError(self._text, token.column, message)


_READERS: Mapping[Kind, Callable[[_Parser, _Token], Operand]] = {
    Kind.STATE: _Parser.state,
    Kind.TEXT: _Parser.text,
    Kind.TIME: _Parser.time,
    Kind.DURATION: _Parser.duration,
    Kind.NUMBER: _Parser.number,
}


def _seconds(duration: str) -> float:
    return float(duration[:-1]) * _SECONDS[duration[-1]]


def _quotes_needed(token: _Token) -> str:
    return f'a text is written with quotes: "{token.text}"'


def _did_you_mean(word: str, names: Mapping[str, object] | list[str]) -> str:
    close = difflib.get_close_matches(word, list(names), n=1)
    return f", did you mean `{close[0]}`?" if close else ""
