"""Words to a tree: recursive descent, one method a rule."""

from __future__ import annotations

import re

from xpm_store.errors import FilterError
from xpm_store.query.operands import did_you_mean, operand, quotes_needed, tag
from xpm_store.query.tokens import Tape, Token
from xpm_store.query.tree import (
    FIELDS,
    And,
    Compare,
    Expression,
    Field,
    Kind,
    Literal,
    Match,
    Not,
    OneOf,
    Or,
    Variable,
)

__all__ = ["Parser"]

MAX_TESTS = 200  # SQLite refuses expressions deeper than 1000: stay far from it
MAX_DEPTH = 50
MAX_LISTED = 1000


class Parser:
    """Reads a filter; `not` binds tighter than `and`, `and` than `or`."""

    def __init__(self, text: str) -> None:
        """Begins at the first word."""
        self._tape = Tape(text)
        self._tests = 0

    def read(self) -> Expression:
        """The whole filter.

        Raises:
            FilterError: It is none.
        """
        expression = self._disjunction(0)
        token = self._tape.peek()
        if token.kind != "end":
            raise self._tape.error(token, f'expected "and", "or" or the end, found {token.shown}')
        return expression

    def _disjunction(self, depth: int) -> Expression:
        terms = [self._conjunction(depth)]
        while self._tape.accept("or"):
            terms.append(self._conjunction(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _conjunction(self, depth: int) -> Expression:
        terms = [self._negation(depth)]
        while self._tape.accept("and"):
            terms.append(self._negation(depth))
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def _negation(self, depth: int) -> Expression:
        token = self._tape.peek()
        if depth > MAX_DEPTH:
            raise self._tape.error(token, f"more than {MAX_DEPTH} levels of parentheses and `not`")
        if self._tape.accept("not"):
            return Not(self._negation(depth + 1))
        if self._tape.accept("("):
            inner = self._disjunction(depth + 1)
            self._tape.expect(")", f"the `(` of column {token.column + 1} is not closed")
            return inner
        return self._test()

    def _test(self) -> Expression:
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise self._tape.error(
                self._tape.peek(), f"more than {MAX_TESTS} tests; use `in [ … ]`"
            )
        variable = self._variable()
        token = self._tape.take()
        if token.text == "not" and self._tape.accept("in"):
            return Not(self._one_of(variable))
        if token.text == "in" and token.kind == "name":
            return self._one_of(variable)
        if token.kind != "operator" or token.text in "()[],":
            raise self._tape.error(
                token,
                f"expected =, !=, <, <=, >, >=, ~, in or not in after `{variable.name}`, "
                f"found {token.shown}",
            )
        if token.text in ("~", "!~"):
            found = self._match(variable)
            return Not(found) if token.text == "!~" else found
        return self._compare(variable, token)

    def _compare(self, variable: Variable, operator: Token) -> Expression:
        name = "=" if operator.text in ("==", "!=") else operator.text
        unordered = isinstance(variable, Field) and variable.kind in (Kind.STATE, Kind.TEXT)
        if name != "=" and unordered:
            raise self._tape.error(operator, f"`{variable.name}` has no order: use =, !=, ~ or in")
        compare = Compare(variable, name, operand(self._tape, variable))
        return Not(compare) if operator.text == "!=" else compare

    def _variable(self) -> Variable:
        token = self._tape.take()
        if token.kind == "field":
            if token.text not in FIELDS:
                raise self._tape.error(
                    token,
                    f"there is no `{token.text}`{did_you_mean(token.text, FIELDS)}; "
                    f"there are {', '.join(FIELDS)}",
                )
            return Field(token.text, FIELDS[token.text])
        named = tag(token)
        if named is not None:
            return named
        raise self._tape.error(
            token, f"expected a tag, or a word with an @ such as @state, found {token.shown}"
        )

    def _match(self, variable: Variable) -> Match:
        token = self._tape.take()
        if token.kind != "string":
            raise self._tape.error(
                token, f"expected a regular expression in quotes, found {token.shown}"
            )
        if isinstance(variable, Field) and variable.kind not in (Kind.STATE, Kind.TEXT):
            raise self._tape.error(token, f"`{variable.name}` is {variable.kind.value}, not a text")
        pattern = token.text[1:-1]
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError) as error:
            offset = getattr(error, "pos", None) or 0
            raise FilterError(
                self._tape.text, token.column + 1 + offset, f"not a regular expression: {error}"
            ) from None
        return Match(variable, pattern)

    def _one_of(self, variable: Variable) -> OneOf:
        self._tape.expect("[", "expected `[` and a list of values after `in`")
        operands: list[Literal] = []
        while True:
            token = self._tape.peek()
            value = operand(self._tape, variable)
            if not isinstance(value, Literal):
                raise self._tape.error(token, quotes_needed(token))
            operands.append(value)
            if len(operands) > MAX_LISTED:
                raise self._tape.error(token, f"more than {MAX_LISTED} values in one list")
            if not self._tape.accept(","):
                break
        self._tape.expect("]", "expected `,` or `]`")
        return OneOf(variable, tuple(operands))
