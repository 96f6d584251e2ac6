"""Filters as SQL: they say what a plain evaluation says, and pages come through indexes."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xpm_store.errors import FilterError
from xpm_store.index import Index, JobRow
from xpm_store.index.filters import condition, leads
from xpm_store.index.pages import Scope, statements, together
from xpm_store.query import (
    And,
    Compare,
    Expression,
    Literal,
    Match,
    Not,
    OneOf,
    Or,
    Tag,
    number_of,
    parse,
    text_of,
)

VALUES: list[Any] = [1, 2.5, "1", "2.50", "linear", "True", True, False, None, "", -3, 10**30]
STATES = ["done", "error", "running", "waiting"]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An index of 300 jobs with all kinds of tags, filled without their folders."""
    from xpm_store.index.jobs import INSERT_ROW, INSERT_TAG
    from xpm_store.index.views import row_values, tag_rows
    from xpm_store.layout import Workspace
    from xpm_store.state import JobView
    from xpm_store.states import JobState

    root: Path = tmp_path_factory.mktemp("filled")
    with Index.open(Workspace(root)) as index:
        db = index.connection
        for run in (1, 2):
            db.execute(
                "INSERT INTO runs (id, experiment_id, run_id, is_current) VALUES (?, ?, 'r', 1)",
                (run, f"x{run}"),
            )
        for task in (1, 2, 3):
            db.execute("INSERT INTO tasks (id, task_id) VALUES (?, ?)", (task, f"lab.task{task}"))
        for rank in range(300):
            tags = {"a": VALUES[rank % len(VALUES)], "b": VALUES[rank % 7]}
            if rank % 4 == 0:
                del tags["b"]
            state = JobState(STATES[rank % 4])
            view = JobView(
                f"{rank:064x}", "", state, None, tags, submitted_at=float(rank // 2),
                scheduler_state=state, is_marked=True, started_at=float(rank),
                ended_at=float(2 * rank) if rank % 3 else None,
            )  # fmt: skip
            task, run = rank % 3 + 1, rank % 2 + 1
            db.execute(
                "INSERT INTO jobs (id, task, job_id) VALUES (?, ?, ?)", (rank, task, view.job_id)
            )
            db.execute(INSERT_ROW, (rank, run, rank, task, True, *row_values(view, view)))
            db.executemany(
                INSERT_TAG,
                tag_rows(rank, tags.items(), float(rank // 2), task, state.value),
            )
        yield index


def evaluate(expression: Expression, job: JobRow) -> bool:
    """What a filter means, said plainly: the reference of the SQL."""
    match expression:
        case And(terms):
            return all(evaluate(term, job) for term in terms)
        case Or(terms):
            return any(evaluate(term, job) for term in terms)
        case Not(term):
            return not evaluate(term, job)
        case OneOf(variable, operands):
            return any(evaluate(Compare(variable, "=", one), job) for one in operands)
        case Match(variable, pattern):
            text = text_value(variable, job)
            return text is not None and re.match(pattern, text) is not None
        case Compare(variable, operator, operand):
            return compare(variable, operator, operand, job)
    raise AssertionError(expression)


def text_value(variable: Any, job: JobRow) -> str | None:
    if isinstance(variable, Tag):
        return text_of(job.tags[variable.name]) if variable.name in job.tags else None
    return {"@state": job.state.value, "@name": job.task_id, "@id": job.job_id}[variable.name]


def compare(variable: Any, operator: str, operand: Any, job: JobRow) -> bool:
    left = text_value(variable, job)
    right = text_value(operand, job) if isinstance(operand, Tag) else operand.text
    if left is None or right is None:
        return False
    first, second = number_of(left), number_of(right)
    if (first is None) != (second is None):
        return False
    if operator == "=" and first is None and isinstance(operand, Literal):
        return left == right or (right in ("True", "False") and left == right.lower())
    one: Any = left if first is None else first
    two: Any = right if second is None else second
    return bool({"=": one == two, "<": one < two, "<=": one <= two,
                 ">": one > two, ">=": one >= two}[operator])  # fmt: skip


literals = st.sampled_from(
    ["1", "1.0", '"1"', "2.5", '"2.50"', "'linear'", "true", "'True'", "'null'", "''", "-3", "7"]
)
tags = st.sampled_from(["a", "b", "`c`"])
tests = st.one_of(
    st.builds(
        "{} {} {}".format, tags, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), literals
    ),
    st.builds("{} {} [{}, {}]".format, tags, st.sampled_from(["in", "not in"]), literals, literals),
    st.builds("{} ~ {}".format, tags, st.sampled_from(["'1'", "'.*n'", "'$'"])),
    st.builds("@state {} {}".format, st.sampled_from(["=", "!="]), st.sampled_from(STATES)),
    st.builds("@state in [{}, {}]".format, st.sampled_from(STATES), st.sampled_from(STATES)),
    st.builds("@name {}".format, st.sampled_from(["= 'lab.task1'", "~ 'lab.*[12]$'", "= 'x'"])),
    st.just("a = b"),
    st.just("a <= b"),
)
filters = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=6,
)


EXAMPLES = 2000 if os.environ.get("XPM_STORE_FULL") else 100


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=filters, scope=st.sampled_from([None, "x1", "x2"]), size=st.integers(1, 60))
def test_sql_finds_what_the_filter_means_page_by_page(
    text: str, scope: str | None, size: int, filled: Index
) -> None:
    wanted = [row for row in filled.jobs(experiment=scope) if evaluate(parse(text), row)]
    found: list[JobRow] = []
    while page := filled.jobs(
        experiment=scope, where=text, limit=size, after=found[-1] if found else None
    ):
        found += page
    assert found == wanted
    assert sum(filled.counts(experiment=scope, where=text).values()) == len(wanted)


def test_jobs_come_newest_first(filled: Index) -> None:
    keys = [(row.key.submitted_at, row.key.row) for row in filled.jobs()]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("scope", [Scope(None), Scope(1)])
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        None,
        "@state = error",
        "@state in [error, running]",
        "@name = 'lab.task1'",
        "a = 1",
        "a in ['linear', 1, true]",
        "@state = error or a = 1 or @name = 'lab.task1'",
        "a = 1 and @state = error and not b = 2",
        "a > 1",
        "not a = 1",
        "a = b and @name ~ 'lab'",
    ],
)
def test_no_page_scans_or_sorts_a_table(
    filled: Index, scope: Scope, text: str | None, is_first: bool
) -> None:
    after = None if is_first else filled.jobs(limit=10)[-1].key
    expression = None if text is None else parse(text)
    where = None if expression is None else condition(expression, 0.0)
    ways = [] if expression is None else leads(expression)
    for chosen in [*together(ways), ()]:
        for statement in statements(scope, where, chosen, limit=100, after=after):
            plan = [
                row["detail"]
                for row in filled.connection.execute(
                    f"EXPLAIN QUERY PLAN {statement.text}", statement.values
                )
            ]
            scans = [step for step in plan if step.startswith("SCAN")]
            # the walk of all the jobs, newest first, is a scan of their index: never of a table,
            # but for the names of tasks that a regular expression is tried on
            assert all(
                "INDEX latest_time" in step or "tasks" in step or "CONSTANT" in step
                for step in scans
            ), plan
            assert not any("TEMP B-TREE" in step and "ORDER" in step for step in plan), plan


def test_every_lead_goes_through_the_index_made_for_it(filled: Index) -> None:
    for text, name in [
        ("@state = error", "latest_state"),
        ("@name = 'lab.task1'", "latest_task"),
        ("a = 1", "tags_state"),
    ]:
        expression = parse(text)
        [way] = leads(expression)
        where = condition(expression, 0.0)
        for statement in statements(Scope(None), where, way, limit=100, after=None):
            plan = filled.connection.execute(
                f"EXPLAIN QUERY PLAN {statement.text}", statement.values
            )
            assert any(f"INDEX {name} (" in row["detail"] for row in plan)


@pytest.mark.parametrize(
    ("text", "equalities"),
    [
        ("a = 1 and @state = error", "tags_state (name=? AND key=? AND state=?"),
        ("a = 1 and @name = 'lab.task1'", "tags_task (name=? AND key=? AND task=?"),
        ("@name = 'lab.task1' and @state = error", "latest_task (task=? AND state=?"),
    ],
)
def test_two_tests_lead_together(filled: Index, text: str, equalities: str) -> None:
    expression = parse(text)
    where, *_, way = condition(expression, 0.0), *together(leads(expression))
    [statement] = statements(Scope(None), where, way, limit=100, after=None)
    plan = filled.connection.execute(f"EXPLAIN QUERY PLAN {statement.text}", statement.values)
    assert any(equalities in row["detail"] for row in plan)


def test_two_tests_that_no_job_passes_together_meet_no_row(filled: Index) -> None:
    steps: list[int] = []
    filled.connection.set_progress_handler(lambda: steps.append(1), 100)
    try:
        assert filled.jobs(where="@name = 'lab.task1' and @state = 'transient'") == []
    finally:
        filled.connection.set_progress_handler(None, 0)
    assert len(steps) < 10  # of 100 operations of SQLite: 100 jobs are of that task


def test_the_way_with_the_fewest_rows_is_taken(filled: Index) -> None:
    queries: list[str] = []
    filled.connection.set_trace_callback(queries.append)
    try:
        filled.jobs(where="@name = 'lab.task1' and a = -3", limit=10)
    finally:
        filled.connection.set_trace_callback(None)
    pages = [query for query in queries if "ORDER BY d.submitted_at" in query]
    assert len(pages) == 1  # the tag and the task together
    assert "tags_task" in pages[0]
    assert len([query for query in queries if "SELECT count(*)" in query]) == 3


def test_times_durations_and_numbers_are_compared(filled: Index) -> None:
    assert len(filled.jobs(where="@started < 10")) == 10
    assert len(filled.jobs(where="@duration >= 4m and @ended > 0")) == len(
        [rank for rank in range(240, 300) if rank % 3]
    )
    assert filled.jobs(where="@submitted > -1h") == []
    assert len(filled.jobs(where="@retries = 0")) == 300
    assert filled.jobs(where="@exit = 0 or @progress > 0.5 or @reason = 'FAILED'") == []
    assert len(filled.jobs(where="@experiment = 'x1' and @run = 'r'")) == 150
    assert len(filled.jobs(where="@id ~ '0*12'")) == 13  # 12, and 120 to 12b, in hexadecimal


def test_a_text_without_quotes_is_told_from_a_tag(filled: Index) -> None:
    with pytest.raises(FilterError, match='a text is written with quotes: "linear"') as caught:
        filled.jobs(where="a = linear")
    assert caught.value.column == 5
