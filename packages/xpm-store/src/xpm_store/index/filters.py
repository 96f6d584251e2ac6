"""Filters to SQL: a condition on the rows of `run_jobs r`, and the indexes that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xpm_store.query import (
    Ago,
    And,
    Compare,
    Expression,
    Field,
    Literal,
    Match,
    Not,
    OneOf,
    Or,
    Tag,
    Variable,
)

__all__ = ["Lead", "Sql", "condition", "leads"]

MAX_LEADS = 32
"""An `or` or an `in` with more branches than that is better answered by walking the list."""


@dataclass(slots=True)
class Sql:
    """A piece of SQL and the values of its `?`."""

    text: str
    values: list[Any] = field(default_factory=list)

    def on_tags(self) -> Sql:
        """The same where `tags d` leads: what is asked of tags is, before a row is read."""
        return Sql(self.text.replace("t.row = r.id", "t.row = d.row"), self.values)


@dataclass(frozen=True, slots=True)
class Lead:
    """An equality that an index answers, newest first: a `state`, a `task` or a tag.

    Attributes:
        state: What the state of the rows must be too, and
        task: their task.
    """

    kind: str
    value: Any
    name: str = ""
    state: str | None = None
    task: str | None = None


# All conditions are 0 or 1, never NULL: `not` then is the contrary for a missing value too.
_COLUMNS: Mapping[str, str] = {
    "@state": "r.state",
    "@name": "(SELECT task_id FROM tasks WHERE id = r.task)",
    "@id": "(SELECT job_id FROM jobs WHERE id = r.job)",
    "@reason": "r.reason",
    "@experiment": "(SELECT experiment_id FROM runs WHERE id = r.run)",
    "@run": "(SELECT run_id FROM runs WHERE id = r.run)",
    "@submitted": "nullif(r.submitted_at, 0)",
    "@started": "r.started_at",
    "@ended": "r.ended_at",
    "@duration": "coalesce(r.ended_at, CASE r.state WHEN 'running' THEN ? END) - r.started_at",
    "@progress": "json_extract(r.progress, '$[0][1]')",
    "@retries": "r.retry_count",
    "@exit": "r.exit_code",
}


def condition(expression: Expression, now: float) -> Sql:
    """The condition of a filter; `now`, in seconds since 1970, is what durations refer to."""
    return _WRITERS[expression.__class__](expression, now)


def leads(expression: Expression) -> list[list[Lead]]:
    """The ways to find all the rows of a filter through indexes.

    Each way is a list of leads: every row that passes the filter is found by one of them.
    """
    match expression:
        case Compare(variable, "=", Literal() as value):
            lead = _lead(variable, value)
            return [[lead]] if lead else []
        case OneOf(variable, values):
            branch = [_lead(variable, value) for value in dict.fromkeys(values)]
            found = [lead for lead in branch if lead]
            return [found] if len(found) == len(branch) <= MAX_LEADS else []
        case And(terms):
            return [way for term in terms for way in leads(term)]
        case Or(terms):
            ways = [leads(term) for term in terms]
            if not all(ways):
                return []
            together = [lead for way in ways for lead in way[0]]
            return [together] if len(together) <= MAX_LEADS else []
        case _:
            return []


def _lead(variable: Variable, value: Literal) -> Lead | None:
    if isinstance(variable, Tag):
        return Lead("tag", _keys(value)[0], variable.name) if len(_keys(value)) == 1 else None
    if variable.name == "@state":
        return Lead("state", value.text)
    return Lead("task", value.text) if variable.name == "@name" else None


def _keys(value: Literal) -> list[Any]:
    """What `tags.key` holds for a value; Python's spelling of a boolean is accepted too."""
    if value.number is not None:
        return [value.number]
    return [value.text, value.text.lower()] if value.text in ("True", "False") else [value.text]


def _not(expression: Not, now: float) -> Sql:
    inner = condition(expression.term, now)
    return Sql(f"NOT ({inner.text})", inner.values)


def _joined(word: str) -> Callable[[And | Or, float], Sql]:
    def write(expression: And | Or, now: float) -> Sql:
        parts = [condition(term, now) for term in expression.terms]
        text = f" {word} ".join(f"({part.text})" for part in parts)
        return Sql(text, [value for part in parts for value in part.values])

    return write


def _compare(expression: Compare, now: float) -> Sql:
    variable, operator, operand = expression.variable, expression.operator, expression.operand
    if isinstance(operand, Tag):
        return _two_tags(variable, operator, operand)
    if isinstance(operand, Ago):
        return _on(variable, f"{operator} ?", [now - operand.seconds], now)
    if isinstance(variable, Tag):
        if operator == "=":
            return _is_one_of(variable, _keys(operand))
        return _ordered_tag(variable, operator, operand)
    number = operand.number if variable.name not in _TEXTS else operand.text
    return _on(variable, f"{operator} ?", [number], now)


_TEXTS = ("@state", "@name", "@id", "@reason", "@experiment", "@run")


def _on(field: Variable, test: str, values: list[Any], now: float) -> Sql:
    """A test on a property of the job."""
    column = _COLUMNS[field.name]
    if column.startswith("r.") and column in ("r.state", "r.retry_count"):  # never NULL
        return Sql(f"{column} {test}", values)
    own = [now] if "?" in column else []
    return Sql(f"coalesce(({column}) {test}, 0)", [*own, *values])


def _is_one_of(tag: Tag, keys: list[Any]) -> Sql:
    places = ", ".join("?" * len(keys))
    return _on_tag(tag, f"t.key IN ({places})", keys)


def _ordered_tag(tag: Tag, operator: str, operand: Literal) -> Sql:
    if operand.number is None:
        return _on_tag(tag, f"typeof(t.key) = 'text' AND t.key {operator} ?", [operand.text])
    # every number is below every text for SQLite: texts are not above a number for us
    return _on_tag(tag, f"t.key < '' AND t.key {operator} ?", [operand.number])


def _on_tag(tag: Tag, test: str, values: list[Any]) -> Sql:
    return Sql(
        f"EXISTS (SELECT 1 FROM tags t WHERE t.row = r.id AND t.name = ? AND {test})",
        [tag.name, *values],
    )


def _two_tags(variable: Variable, operator: str, other: Tag) -> Sql:
    # only tags are compared with tags: the parser reads a value for everything else
    return Sql(
        "EXISTS (SELECT 1 FROM tags t JOIN tags o ON o.row = t.row WHERE t.row = r.id "
        f"AND t.name = ? AND o.name = ? AND typeof(t.key) IN ('text') = (typeof(o.key) = 'text') "
        f"AND t.key {operator} o.key)",
        [variable.name, other.name],
    )


def _match(expression: Match, now: float) -> Sql:
    variable, pattern = expression.variable, expression.pattern
    if isinstance(variable, Tag):
        return _on_tag(variable, "xpm_match(?, t.text)", [pattern])
    if variable.name == "@name":  # there are few tasks: match them, not the jobs
        return Sql("r.task IN (SELECT id FROM tasks WHERE xpm_match(?, task_id))", [pattern])
    return Sql(f"xpm_match(?, {_COLUMNS[variable.name]})", [pattern])


def _one_of(expression: OneOf, now: float) -> Sql:
    variable, operands = expression.variable, expression.operands
    if isinstance(variable, Tag):
        return _is_one_of(variable, [key for value in operands for key in _keys(value)])
    values = [v.text if variable.name in _TEXTS else v.number for v in operands]
    places = ", ".join("?" * len(values))
    if isinstance(variable, Field) and variable.name == "@name":
        return Sql(f"r.task IN (SELECT id FROM tasks WHERE task_id IN ({places}))", values)
    return _on(variable, f"IN ({places})", values, now)


_WRITERS: Mapping[type[Any], Callable[[Any, float], Sql]] = {
    Not: _not,
    And: _joined("AND"),
    Or: _joined("OR"),
    Compare: _compare,
    Match: _match,
    OneOf: _one_of,
}
