"""Pages of jobs, newest first: each through the index that meets the fewest rows in vain."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from xpm_store.index.filters import Lead, Sql
from xpm_store.index.rows import PageKey

__all__ = ["Scope", "page", "statements"]

COUNTED = 2000
"""Leads are compared by how many rows they have, counted up to this: 0.1 ms each."""

_COLUMNS = """r.*, j.job_id, j.has_folder, k.task_id, u.experiment_id, u.run_id"""
_JOINS = """JOIN jobs j ON j.id = r.job JOIN tasks k ON k.id = r.task
            LEFT JOIN runs u ON u.id = r.run"""


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

    Complexity: the rows of the page, times how many rows of the chosen index fail the filter.
    """
    chosen = _fewest(db, scope, ways)
    found: dict[int, sqlite3.Row] = {}
    for statement in statements(scope, where, chosen, limit=limit, after=after):
        for row in db.execute(statement.text, statement.values):
            found[row["id"]] = row
    if len(chosen) <= 1:
        return list(found.values())
    rows = sorted(found.values(), key=lambda row: (row["submitted_at"], row["id"]), reverse=True)
    return rows if limit is None else rows[:limit]


def statements(
    scope: Scope,
    where: Sql | None,
    chosen: Sequence[Lead],
    *,
    limit: int | None,
    after: PageKey | None,
) -> list[Sql]:
    """The queries of a page: one per lead, or one that walks all the rows of the scope."""
    tests = [scope.condition]
    if where is not None:
        tests.append(where)
    if not chosen:
        return [_statement(scope, None, tests, limit, after)]
    return [_statement(scope, lead, tests, limit, after) for lead in chosen]


def _statement(
    scope: Scope, lead: Lead | None, tests: Sequence[Sql], limit: int | None, after: PageKey | None
) -> Sql:
    tests, source, order = list(tests), "", "r.submitted_at DESC, r.id DESC"
    if lead is None:
        source = f"run_jobs r INDEXED BY {scope.index}_time"
    elif lead.kind == "tag":
        # the tags lead; the other table must not be put first
        source = "tags d INDEXED BY tags_key CROSS JOIN run_jobs r ON r.id = d.row"
        order = "d.submitted_at DESC, d.row DESC"
        tests.insert(0, Sql("d.name = ? AND d.key = ?", [lead.name, lead.value]))
        if scope.run is not None:  # another run's tags are met in vain only where both overlap
            for bound, name in ((">=", "min"), ("<=", "max")):
                edge = f"(SELECT {name}(submitted_at) FROM run_jobs WHERE run = ?)"
                tests.insert(1, Sql(f"d.submitted_at {bound} {edge}", [scope.run]))
    else:
        source = f"run_jobs r INDEXED BY {scope.index}_{lead.kind}"
        tests.append(_equality(lead))
    if after is not None:
        time, row = order.replace(" DESC", "").split(", ")
        tests.append(Sql(f"({time}, {row}) < (?, ?)", [after.submitted_at, after.row]))
    text = " AND ".join(f"({test.text})" for test in tests)
    values = [value for test in tests for value in test.values]
    # the page is found first, then joined: the joins are not made for rows that are skipped
    return Sql(
        f"SELECT {_COLUMNS} FROM {source} {_JOINS} WHERE {text} ORDER BY {order} LIMIT ?",
        [*values, -1 if limit is None else limit],
    )


def _equality(lead: Lead) -> Sql:
    if lead.kind == "state":
        return Sql("r.state = ?", [lead.value])
    return Sql("r.task = (SELECT id FROM tasks WHERE task_id = ?)", [lead.value])


def _fewest(db: sqlite3.Connection, scope: Scope, ways: Sequence[Sequence[Lead]]) -> Sequence[Lead]:
    """The way that leads to the fewest rows; none when there is no way."""
    if len(ways) < 2:
        return ways[0] if ways else ()
    counted = [(sum(_count(db, scope, lead) for lead in way), n) for n, way in enumerate(ways)]
    return ways[min(counted)[1]]


def _count(db: sqlite3.Connection, scope: Scope, lead: Lead) -> int:
    """How many rows a lead has, at most `COUNTED`."""
    if lead.kind == "tag":
        inner = Sql(
            "SELECT 1 FROM tags INDEXED BY tags_key WHERE name = ? AND key = ?",
            [lead.name, lead.value],
        )
    else:
        within, test = scope.condition, _equality(lead)
        inner = Sql(
            f"SELECT 1 FROM run_jobs r INDEXED BY {scope.index}_{lead.kind} "
            f"WHERE {within.text} AND {test.text}",
            [*within.values, *test.values],
        )
    query = f"SELECT count(*) FROM ({inner.text} LIMIT {COUNTED})"
    return int(db.execute(query, inner.values).fetchone()[0])
