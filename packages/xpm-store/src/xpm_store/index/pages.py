"""Pages of jobs, newest first: each through the indexes that meet the fewest rows in vain.

A filter has *ways*: lists of leads that together find all the rows it may accept. Every lead is an
equality (or two) followed by the order of the pages in some index, so a page is read from its end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice

from xpm_store.index.filters import MAX_LEADS, Lead, Sql
from xpm_store.index.rows import PageKey
from xpm_store.jsontext import encode
from xpm_store.states import JobState

__all__ = ["Scope", "page", "statements", "together"]

COUNTED = 2000
"""Leads are compared by how many rows they have, counted up to this: 0.1 ms each."""

FETCHED = 1000  # rows that are joined by one query
_STATES = tuple(state.value for state in JobState)

_ROWS = """
    SELECT r.*, j.job_id, j.has_folder, k.task_id, u.experiment_id, u.run_id
    FROM json_each(?) w CROSS JOIN run_jobs r ON r.id = w.value
    JOIN jobs j ON j.id = r.job JOIN tasks k ON k.id = r.task LEFT JOIN runs u ON u.id = r.run
    ORDER BY w.key
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that are asked about: those of a run, or the latest one of each job (None)."""

    run: int | None

    @property
    def condition(self) -> Sql:
        """The condition on `run_jobs r`."""
        if self.run is None:
            return Sql("r.is_latest")
        return Sql("r.run = ?", [self.run])

    @property
    def index(self) -> str:
        """The first part of the names of its indexes."""
        return "latest" if self.run is None else "run"


def page(
    db: sqlite3.Connection,
    scope: Scope,
    where: Sql | None,
    ways: Sequence[Sequence[Lead]],
    *,
    limit: int | None,
    after: PageKey | None,
) -> list[sqlite3.Row]:
    """The rows of a page, newest first.

    Complexity: the rows of the page, times how many rows of the chosen index fail the filter. None
        does for one or two equalities of which at most one is on a tag.
    """
    chosen = _fewest(db, scope, together(ways))
    found = [
        ((row[0], row[1]) for row in db.execute(statement.text, statement.values))
        for statement in statements(scope, where, chosen, limit=limit, after=after)
    ]
    keys = islice(_distinct(merge(*found, reverse=True)), limit)
    # the page is found first, then joined: the joins are not made for rows that are skipped
    numbers = [row for _, row in keys]
    return [
        row
        for start in range(0, len(numbers), FETCHED)
        for row in db.execute(_ROWS, (encode(numbers[start : start + FETCHED]),))
    ]


def statements(
    scope: Scope,
    where: Sql | None,
    chosen: Sequence[Lead],
    *,
    limit: int | None,
    after: PageKey | None,
) -> list[Sql]:
    """The queries of a page, for times and numbers of rows, newest first.

    One per lead and state, or one that walks all the rows of the scope.
    """
    tests = [scope.condition]
    if where is not None:
        tests.append(where)
    if not chosen:
        return [_statement(scope, None, tests, limit, after)]
    return [_statement(scope, lead, tests, limit, after) for lead in _with_states(chosen)]


def _distinct(keys: Iterator[tuple[float, int]]) -> Iterator[tuple[float, int]]:
    """A row may be found by several leads: next to each other, once merged."""
    last = None
    for key in keys:
        if key != last:
            yield key
        last = key


def _with_states(leads: Sequence[Lead]) -> list[Lead]:
    """A lead for each state where an index has the state before the time."""
    found = []
    for lead in leads:
        is_spread = lead.kind != "state" and lead.state is None and lead.task is None
        states = _STATES if is_spread else (lead.state,)
        found += [replace(lead, state=state) for state in states]
    return found


def together(ways: Sequence[Sequence[Lead]]) -> list[Sequence[Lead]]:
    """Adds the ways that lead by two tests at once: what passes a filter passes both."""
    found = list(ways)
    for way in ways:
        for other in ways:
            kinds = {lead.kind for lead in way}, {lead.kind for lead in other}
            if kinds in _PAIRS and len(way) * len(other) <= MAX_LEADS:
                [kind] = kinds[1]
                found.append([replace(a, **{kind: b.value}) for a in way for b in other])
    return found


_PAIRS = [({"tag"}, {"state"}), ({"task"}, {"state"}), ({"tag"}, {"task"})]


def _statement(
    scope: Scope, lead: Lead | None, tests: Sequence[Sql], limit: int | None, after: PageKey | None
) -> Sql:
    tests, source, key = list(tests), "", ("r.submitted_at", "r.id")
    if lead is None:
        source = f"run_jobs r INDEXED BY {scope.index}_time"
    elif lead.kind == "tag":
        # the tags lead; the other table must not be put first, and is not read for nothing
        source = f"tags d INDEXED BY {_index(scope, lead)} CROSS JOIN run_jobs r ON r.id = d.row"
        key = ("d.submitted_at", "d.row")
        tests = [_equality(lead), *_times_of(scope), *(test.on_tags() for test in tests)]
    else:
        source = f"run_jobs r INDEXED BY {_index(scope, lead)}"
        tests.append(_equality(lead))
    if after is not None:
        tests.append(Sql(f"({', '.join(key)}) < (?, ?)", [after.submitted_at, after.row]))
    text = " AND ".join(f"({test.text})" for test in tests)
    values = [value for test in tests for value in test.values]
    order = ", ".join(f"{name} DESC" for name in key)
    return Sql(
        f"SELECT {', '.join(key)} FROM {source} WHERE {text} ORDER BY {order} LIMIT ?",
        [*values, -1 if limit is None else limit],
    )


def _times_of(scope: Scope) -> list[Sql]:
    """Bounds on tags: those of other runs are met in vain only where both overlap."""
    if scope.run is None:
        return []
    edge = "(SELECT {}(submitted_at) FROM run_jobs INDEXED BY run_time WHERE run = ?)"
    return [
        Sql(f"d.submitted_at {bound} {edge.format(name)}", [scope.run])
        for bound, name in ((">=", "min"), ("<=", "max"))
    ]


def _index(scope: Scope, lead: Lead) -> str:
    if lead.kind == "tag":
        return "tags_state" if lead.task is None else "tags_task"
    return f"{scope.index}_{lead.kind}"


def _equality(lead: Lead) -> Sql:
    """What the index of a lead is asked for."""
    task = "(SELECT id FROM tasks WHERE task_id = ?)"
    if lead.kind == "state":
        return Sql("r.state = ?", [lead.value])
    if lead.kind == "task":
        test = Sql(f"r.task = {task}", [lead.value])
    else:
        test = Sql("d.name = ? AND d.key = ?", [lead.name, lead.value])
        if lead.task is not None:
            return Sql(f"{test.text} AND d.task = {task}", [*test.values, lead.task])
    if lead.state is None:
        return test
    column = "r.state" if lead.kind == "task" else "d.state"
    return Sql(f"{test.text} AND {column} = ?", [*test.values, lead.state])


def _fewest(db: sqlite3.Connection, scope: Scope, ways: Sequence[Sequence[Lead]]) -> Sequence[Lead]:
    """The way that leads to the fewest rows; none when there is no way."""
    if len(ways) < 2:
        return ways[0] if ways else ()
    counted = [(sum(_count(db, scope, lead) for lead in way), n) for n, way in enumerate(ways)]
    return ways[min(counted)[1]]


def _count(db: sqlite3.Connection, scope: Scope, lead: Lead) -> int:
    """How many rows a lead has, at most `COUNTED`."""
    test, name = _equality(lead), _index(scope, lead)
    if lead.kind == "tag":
        inner = Sql(f"SELECT 1 FROM tags d INDEXED BY {name} WHERE {test.text}", test.values)
    else:
        within = scope.condition
        inner = Sql(
            f"SELECT 1 FROM run_jobs r INDEXED BY {name} WHERE {within.text} AND {test.text}",
            [*within.values, *test.values],
        )
    query = f"SELECT count(*) FROM ({inner.text} LIMIT {COUNTED})"
    return int(db.execute(query, inner.values).fetchone()[0])
