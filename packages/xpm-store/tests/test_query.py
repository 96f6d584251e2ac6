"""The filter language: what is read, and how mistakes are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.errors import FilterError
from xpm_store.query import (
    FIELDS,
    Ago,
    And,
    Compare,
    Field,
    Kind,
    Literal,
    Match,
    Not,
    OneOf,
    Or,
    Tag,
    number_of,
    parse,
    referenced_tags,
)

STATE = Field("@state", Kind.STATE)


def shape(text: str) -> str:
    """The structure of a filter, tests being single tags compared with numbers."""

    def show(expression: object) -> str:
        match expression:
            case And(terms):
                return "(" + " & ".join(map(show, terms)) + ")"
            case Or(terms):
                return "(" + " | ".join(map(show, terms)) + ")"
            case Not(term):
                return f"!{show(term)}"
            case Compare(Tag(name)):
                return name
        raise AssertionError(expression)

    return show(parse(text))


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ("a=1", "a"),
        ("a=1 or b=2 and c=3", "(a | (b & c))"),
        ("(a=1 or b=2) and c=3", "((a | b) & c)"),
        ("not a=1 and b=2", "(!a & b)"),
        ("not (a=1 and b=2)", "!(a & b)"),
        ("not not a=1", "!!a"),
        ("a!=1", "!a"),
        ("((((a=1))))", "a"),
    ],
)
def test_not_binds_tighter_than_and_and_and_than_or(text: str, structure: str) -> None:
    assert shape(text) == structure


def test_every_form_of_a_test_is_read() -> None:
    assert parse('@state = "DONE"') == Compare(STATE, "=", Literal("done"))
    assert parse("@state=error") == Compare(STATE, "=", Literal("error"))
    assert parse("@state in [running, 'done']") == OneOf(
        STATE, (Literal("running"), Literal("done"))
    )
    assert parse('@name ~ ".*learn"') == Match(Field("@name", Kind.TEXT), ".*learn")
    assert parse("a !~ 'x'") == Not(Match(Tag("a"), "x"))
    assert parse('lr not in ["a", 1]') == Not(OneOf(Tag("lr"), (Literal("a"), Literal("1", 1))))
    assert parse("flag = true") == Compare(Tag("flag"), "=", Literal("true"))
    assert parse("a = b") == Compare(Tag("a"), "=", Tag("b", 4))
    assert parse("`my tag` >= 1e-3") == Compare(Tag("my tag"), ">=", Literal("1e-3", 0.001))
    assert parse("@submitted > -2h") == Compare(Field("@submitted", Kind.TIME), ">", Ago(7200.0))
    assert parse("@duration < 1.5m") == Compare(
        Field("@duration", Kind.DURATION), "<", Literal("1.5m", 90.0)
    )
    assert parse('a="1"and b=2') == parse('a = "1" and b = 2') or shape('a="1"and b=2') == "(a & b)"


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "found the end of the filter"),
        ("lr =", 5, "expected a value, found the end of the filter"),
        ("lr = and", 6, "expected a value, found `and`"),
        ("lr 3", 4, "expected =, !=, <, <=, >, >=, ~, in or not in after `lr`, found `3`"),
        ("(a=1", 5, "the `(` of column 1 is not closed"),
        ("a=1)", 4, 'expected "and", "or" or the end, found `)`'),
        ("a=1 b=2", 5, 'expected "and", "or" or the end, found `b`'),
        ("a='x", 3, "this ' is never closed"),
        ("a=1 && b=2", 5, 'write "and"'),
        ("a=1 || b=2", 5, 'write "or"'),
        ("!a=1", 1, 'write "not"'),
        ("a = 3x", 5, '"3x" is not a number'),
        ("a = 5m", 5, 'a text is written with quotes: "5m"'),
        ("@stat = done", 1, "there is no `@stat`, did you mean `@state`?"),
        ("@state = failed", 10, '"failed" is not a state, did you mean "error"?'),
        ("@state = runing", 10, '"runing" is not a state, did you mean `running`?'),
        ("@state < done", 8, "`@state` has no order"),
        ("@started > 'soon'", 12, "expected a time"),
        ("@duration > 'long'", 13, "expected a duration"),
        ("@retries = many", 12, "expected a value"),
        ("@ended ~ 'x'", 10, "`@ended` is a time, not a text"),
        ("a ~ 'x(y'", 7, "not a regular expression"),
        ("a ~ x", 5, "expected a regular expression in quotes"),
        ("a in [b]", 7, 'a text is written with quotes: "b"'),
        ("a in []", 7, "expected a value"),
        ("a in ['b'", 10, "expected `,` or `]`"),
        ("a in 'b'", 6, "expected `[`"),
        ("and = 1", 1, "expected a tag"),
        ("é = 1 ; b", 7, "means nothing here"),
    ],
)
def test_a_mistake_is_shown_under_its_column(text: str, column: int, problem: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.column == column
    assert problem in caught.value.problem
    _, shown, caret = str(caught.value).split("\n")
    assert shown == f"  {text}"
    assert caret.index("^") == column + 1


def test_a_filter_that_would_be_too_deep_for_sqlite_is_refused() -> None:
    with pytest.raises(FilterError, match="levels"):
        parse("(" * 2000 + "a=1" + ")" * 2000)
    with pytest.raises(FilterError, match="use `in"):
        parse(" or ".join(["a=1"] * 300))
    with pytest.raises(FilterError, match="more than 1000 values"):
        parse(f"a in [{', '.join(map(str, range(1100)))}]")


@given(st.text(alphabet="ab@state=<>~!()[]'\"`,.-0123456789 \t\nandornotin|&\x00é\U0001d518"))
def test_any_text_is_a_filter_or_one_error_with_a_column(text: str) -> None:
    try:
        parse(text)
    except FilterError as error:
        assert 1 <= error.column <= len(text) + 2


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_exactly_or_not_at_all(value: int | float) -> None:
    read = number_of(str(value))
    assert read == value or (read is None and isinstance(value, int) and abs(value) >= 2**63)


def test_what_looks_like_a_number_only_to_python_is_a_text() -> None:
    assert [number_of(text) for text in ("1_000", "nan", "inf", "0x1", "", "1e999")] == [None] * 6


def test_tags_on_the_right_are_told_for_they_may_be_texts_without_quotes() -> None:
    assert referenced_tags(parse("not (a = b or a = 1) and c < d")) == [Tag("b", 9), Tag("d", 29)]


def test_every_variable_with_an_at_sign_has_a_kind_of_value_that_is_read() -> None:
    samples = {
        Kind.STATE: "done",
        Kind.TEXT: "'x'",
        Kind.TIME: "'2026-01-31T10:00'",
        Kind.DURATION: "5m",
        Kind.NUMBER: "1",
    }
    for name, kind in FIELDS.items():
        assert isinstance(parse(f"{name} = {samples[kind]}"), Compare)
