"""Rows to views and back: what the reducer needs to go on is kept, nothing is computed here."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import Any

from xpm_store.jsontext import decode, decode_line, encode
from xpm_store.query import number_of, text_of
from xpm_store.records import CarbonTotals, LevelProgress
from xpm_store.state import JobView
from xpm_store.states import FailureReason, JobState

__all__ = [
    "ROW_COLUMNS",
    "TAG_COLUMNS",
    "base_view",
    "progress_of",
    "row_values",
    "tag_rows",
    "tags_of",
]

ROW_COLUMNS = (
    "submitted_at", "state", "reason", "started_at", "ended_at", "exit_code", "retry_count",
    "tags", "depends_on", "transient", "progress",
    "scheduler_state", "scheduler_reason", "scheduler_at", "base",
)  # fmt: skip
"""The columns of `run_jobs` that come from views, in the order of `row_values`."""

TAG_COLUMNS = ("row", "name", "key", "text", "submitted_at", "task", "state")
"""The columns of `tags`, in the order of `tag_rows`."""

_BASE_FIELDS = ("started_at", "ended_at", "exit_code", "retry_count", "execution_at")


def row_values(base: JobView, shown: JobView) -> tuple[Any, ...]:
    """The columns of a job, from its view before and after its folder was looked at."""
    reason, said = shown.reason, base.scheduler_reason
    return (
        base.submitted_at or 0.0,
        shown.state.value,
        reason.value if reason else None,
        shown.started_at,
        shown.ended_at,
        shown.exit_code,
        shown.retry_count,
        encode(base.tags) if base.tags else "{}",
        encode(base.depends_on) if base.depends_on else "[]",
        base.transient,
        _progress_text(shown.progress),
        base.scheduler_state.value,
        said.value if said else None,
        base.scheduler_at,
        None if shown.is_marked else _base_text(base),
    )


def base_view(row: sqlite3.Row) -> JobView:
    """The view from which the next events of a job are folded."""
    state = JobState(row["scheduler_state"])
    reason = FailureReason.read(row["scheduler_reason"])
    view = JobView(
        row["job_id"],
        row["task_id"],
        state,
        reason,
        tags=tags_of(row["tags"]),
        depends_on=tuple(decode_line(row["depends_on"].encode())),
        transient=row["transient"],
        submitted_at=row["submitted_at"] or None,
        scheduler_state=state,
        scheduler_reason=reason,
        scheduler_at=row["scheduler_at"],
    )
    if row["base"] is not None:
        _restore(view, decode_line(row["base"].encode()))
    return view


def tags_of(text: str) -> dict[str, Any]:
    """The tags of a `tags` column, whole numbers of any size included."""
    value = text.encode()
    tags: dict[str, Any] = decode(value) if _LONG.search(text) else decode_line(value)
    return tags


_LONG = re.compile(r"\d{19}")  # `decode_line` makes them floats


def progress_of(text: str) -> tuple[LevelProgress, ...]:
    """The levels of a `progress` column."""
    if text == "[]":
        return ()
    return tuple(LevelProgress(*item) for item in decode_line(text.encode()))


def tag_rows(
    row: int, tags: Iterable[tuple[str, Any]], submitted_at: float, task: int, state: str
) -> list[tuple[Any, ...]]:
    """The rows of the tags of a job, in the order of `TAG_COLUMNS`."""
    return [
        (row, str(name), *_key_and_text(value), submitted_at, task, state) for name, value in tags
    ]


def _key_and_text(value: Any) -> tuple[int | float | str, str]:
    """What a tag is looked up by, and its text."""
    text = text_of(value)
    kind = value.__class__
    # numbers that fit are their own key; the rest may still read as a number
    if (kind is float and value - value == 0) or (kind is int and -_INT64 <= value < _INT64):
        return value, text
    number = number_of(text)
    return (text if number is None else number), text


_INT64 = 2**63


def _progress_text(progress: tuple[LevelProgress, ...]) -> str:
    if not progress:
        return "[]"
    return encode([(item.level, item.progress, item.desc) for item in progress])


def _base_text(view: JobView) -> str | None:
    """What the process of a job said; None when it said nothing."""
    if view.execution_state is JobState.UNSCHEDULED and not view.progress and not view.carbon:
        return None
    value: dict[str, Any] = {name: getattr(view, name) for name in _BASE_FIELDS}
    value["state"], value["execution_state"] = view.state.value, view.execution_state.value
    value["reason"] = view.reason.value if view.reason else None
    value["execution_reason"] = view.execution_reason.value if view.execution_reason else None
    value["progress"] = [(item.level, item.progress, item.desc) for item in view.progress]
    value["carbon"] = view.carbon.to_json() if view.carbon else None
    return encode(value)


def _restore(view: JobView, value: dict[str, Any]) -> None:
    for name in _BASE_FIELDS:
        setattr(view, name, value[name])
    view.state = JobState(value["state"])
    view.reason = FailureReason.read(value["reason"])
    view.execution_state = JobState(value["execution_state"])
    view.execution_reason = FailureReason.read(value["execution_reason"])
    view.progress = tuple(LevelProgress(*item) for item in value["progress"])
    view.carbon = CarbonTotals.from_json(value["carbon"])
