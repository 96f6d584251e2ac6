"""What each kind of variable may be compared with, read from the tape."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from xpm_store.query.tokens import KEYWORDS, Tape, Token
from xpm_store.query.tree import Ago, Kind, Literal, Operand, Tag, Variable, number_of
from xpm_store.states import JobState

__all__ = ["did_you_mean", "operand", "quotes_needed", "tag"]

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


def operand(tape: Tape, variable: Variable) -> Operand:
    """The right side of a comparison.

    Raises:
        FilterError: The variable cannot be compared with that.
    """
    token = tape.take()
    if not isinstance(variable, Tag):
        return _READERS[variable.kind](tape, token)
    return tag(token) or _literal(tape, token)


def tag(token: Token) -> Tag | None:
    """The tag that a word names; None when it names none."""
    if token.kind == "quoted":
        return Tag(token.text[1:-1], token.column)
    if token.kind == "name" and token.text not in KEYWORDS:
        return Tag(token.text, token.column)
    return None


def quotes_needed(token: Token) -> str:
    """The advice for a text that was written without quotes."""
    return f'a text is written with quotes: "{token.text}"'


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """A proposal, when a name is close."""
    close = difflib.get_close_matches(word, list(names), n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def _state(tape: Tape, token: Token) -> Literal:
    word = _word(tape, token).lower()
    states = [state.value for state in JobState]
    if word in states:
        return Literal(word)
    hint = _STATE_HINTS.get(word)
    proposal = f', did you mean "{hint}"?' if hint else did_you_mean(word, states)
    raise tape.error(token, f'"{word}" is not a state{proposal} The states are {", ".join(states)}')


def _text(tape: Tape, token: Token) -> Literal:
    return Literal(_word(tape, token))


def _time(tape: Tape, token: Token) -> Operand:
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
    raise tape.error(
        token,
        'expected a time, such as "2026-01-31", "2026-01-31T10:00" or -2h (two hours ago), '
        f"found {token.shown}",
    )


def _duration(tape: Tape, token: Token) -> Literal:
    word = token.text[1:-1] if token.kind == "string" else token.text
    number = number_of(word)
    if number is None and re.fullmatch(r"(\d+(\.\d*)?|\.\d+)[smhdw]", word):
        number = _seconds(word)
    if number is None:
        raise tape.error(
            token, f"expected a duration, such as 90s, 5m, 2h or 1d, found {token.shown}"
        )
    return Literal(word, number)


def _number(tape: Tape, token: Token) -> Literal:
    literal = _literal(tape, token)
    if literal.number is None:
        raise tape.error(token, f"expected a number, found {token.shown}")
    return literal


def _literal(tape: Tape, token: Token) -> Literal:
    if token.kind == "string":
        return Literal(token.text[1:-1], number_of(token.text[1:-1]))
    if token.kind == "number":
        return Literal(token.text, number_of(token.text))
    if token.text in ("true", "false"):
        return Literal(token.text)
    if token.kind == "duration":
        raise tape.error(token, quotes_needed(token))
    raise tape.error(token, f"expected a value, found {token.shown}")


def _word(tape: Tape, token: Token) -> str:
    if token.kind == "string":
        return token.text[1:-1]
    if token.kind == "name" and token.text not in KEYWORDS:
        return token.text
    if token.kind in ("number", "duration"):
        return token.text
    raise tape.error(token, f"expected a text in quotes, found {token.shown}")


def _seconds(duration: str) -> float:
    return float(duration[:-1]) * _SECONDS[duration[-1]]


_READERS: Mapping[Kind, Callable[[Tape, Token], Operand]] = {
    Kind.STATE: _state,
    Kind.TEXT: _text,
    Kind.TIME: _time,
    Kind.DURATION: _duration,
    Kind.NUMBER: _number,
}
