"""The words of a filter, and the tape from which they are read one by one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xpm_store.errors import FilterError

__all__ = ["KEYWORDS", "Tape", "Token"]

KEYWORDS = frozenset({"and", "or", "not", "in", "true", "false"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a filter, its kind and its column (from 0)."""

    kind: str  # string, name, field, number, duration, operator, end
    text: str
    column: int

    @property
    def shown(self) -> str:
        """How messages name it."""
        return "the end of the filter" if self.kind == "end" else f"`{self.text}`"


class Tape:
    """The words of a filter, read from the left."""

    def __init__(self, text: str) -> None:
        """Cuts a text into words.

        Raises:
            FilterError: Something in it is no word.
        """
        self.text = text
        self._tokens = _tokens(text)
        self._next = 0

    def peek(self) -> Token:
        """The next word, which stays there."""
        return self._tokens[self._next]

    def take(self) -> Token:
        """The next word; the end is there for ever."""
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def accept(self, word: str) -> bool:
        """Takes the next word if it is this one."""
        token = self.peek()
        if token.text != word or token.kind not in ("name", "operator"):
            return False
        self.take()
        return True

    def expect(self, word: str, message: str) -> None:
        """Takes the next word, which must be this one.

        Raises:
            FilterError: It is another one.
        """
        token = self.peek()
        if not self.accept(word):
            raise self.error(token, f"{message}; found {token.shown}")

    def error(self, token: Token, message: str) -> FilterError:
        """A mistake, shown below a word."""
        return FilterError(self.text, token.column, message)


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


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        found = _WORDS.match(text, position)
        if found is None:
            raise FilterError(text, position, _unreadable(text, position))
        kind = found.lastgroup or ""
        word = found.group()
        if kind != "blank":
            tokens.append(Token(kind, word, position))
        position = found.end()
    return [*tokens, Token("end", "", len(text))]


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
