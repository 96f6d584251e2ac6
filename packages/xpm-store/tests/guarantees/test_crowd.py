"""Eight processes that write, sync and delete at once: an index of the files says what they say.

An index that was kept up to date meanwhile may have missed that a job was removed and executed
again between two looks; `check` finds that, and makes it anew.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from xpm_store.check import Remedy, Severity, check, disagreements, repair
from xpm_store.index import Index
from xpm_store.layout import Workspace

TURNS = 6


def test_eight_processes_at_once_leave_files_that_an_index_shows_as_they_are(
    crowd: ModuleType, memory_path: Path, record_property: Callable[[str, object], None]
) -> None:
    workspace = Workspace(memory_path / "ws")
    workspace.root.mkdir()
    workspace.marker.touch()
    seconds = float(os.environ.get("XPM_STORE_CROWD_S", "0"))
    steps = crowd.run(workspace, lambda: _turns(seconds), memory_path)
    record_property("count", steps)
    assert steps >= 8 * TURNS
    with Index.open(workspace, path=memory_path / "fresh.sqlite3") as index:
        assert [str(one) for one in disagreements(index)] == []
    damaged = [one for one in check(workspace) if one.severity is Severity.DAMAGE]
    assert {one.remedy for one in damaged} <= {Remedy.REBUILD_INDEX}
    assert all(one.obstacle is None for one in repair(workspace, damaged))
    with Index.open(workspace) as index:
        assert [str(one) for one in disagreements(index)] == []


def _turns(seconds: float) -> Iterator[object]:
    """So many turns; or as many as there are in a time."""
    if not seconds:
        yield from range(TURNS)
        return
    end = time.monotonic() + seconds
    done = 0
    while time.monotonic() < end or done < TURNS:
        yield done
        done += 1


@pytest.mark.parametrize("seconds", [0.0, 0.001])
def test_a_process_has_its_turns(seconds: float) -> None:
    assert len(list(_turns(seconds))) >= TURNS
