"""What a job's process loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = [
    "xpm_store.layout",
    "xpm_store.fs",
    "xpm_store.atomic",
    "xpm_store.locks",
    "xpm_store.states",
    "xpm_store.records",
    "xpm_store.events",
    "xpm_store.recorders.job",
    "xpm_store.dynamic_locks",
    "xpm_store.task_outputs",
    "xpm_store.carbon",
]
HEAVY = {"sqlite3", "yaml", "asyncio", "subprocess", "click", "orjson", "sqlite_utils", "socket"}


def test_what_a_job_s_process_needs_loads_nothing_heavy() -> None:
    code = f"import sys, {', '.join(LIGHT)}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) & HEAVY == set()


def test_recorders_are_found_by_name_and_nothing_else_is() -> None:
    from xpm_store import recorders

    for name in recorders.__all__:
        assert getattr(recorders, name).__name__ == name
    with pytest.raises(AttributeError, match="nobody"):
        _ = recorders.nobody
