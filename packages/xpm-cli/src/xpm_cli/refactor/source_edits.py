"""Edits of a Python source by the places of its syntax tree; all that is not edited is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


@dataclass(slots=True)
class SourceEdits:
    r"""Insertions into a text, by offset in characters; applied together.

    The syntax tree counts columns in bytes of UTF-8, and lines by `\\n`, `\\r` and `\\r\\n` only:
    both are translated here.
    """

    text: str
    _starts: list[int] = field(default_factory=list)
    _insertions: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        offset = 0
        while True:
            self._starts.append(offset)
            matched = _LINE.match(self.text, offset)
            assert matched is not None
            if matched.end() == offset or matched.end() == len(self.text):
                break
            offset = matched.end()

    def offset(self, line: int, column: int) -> int:
        """The offset in characters of a place: a line from 1 and a column in bytes from 0."""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        head = self.text[start:end].encode("utf-8")[:column]
        return start + len(head.decode("utf-8"))

    def start_of(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where a node begins."""
        return self.offset(node.lineno, node.col_offset)

    def end_of(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where a node ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.end_lineno, node.end_col_offset)

    def insert(self, offset: int, text: str) -> None:
        """Add a text at an offset; several at one offset keep their order."""
        self._insertions.append((offset, len(self._insertions), text))

    def applied(self) -> str:
        """The text with all insertions."""
        pieces, at = [], 0
        for offset, _, inserted in sorted(self._insertions):
            pieces += [self.text[at:offset], inserted]
            at = offset
        return "".join([*pieces, self.text[at:]])
