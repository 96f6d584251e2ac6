"""Each probe, where what it looks for is not as it should be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from xpm_store.doctor import Verdict, inotify, probes


def test_a_network_file_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "network_file_system", lambda path: "nfs4")
    found = probes.probe_file_system(tmp_path)
    assert found.verdict is Verdict.WARNING and "nfs4" in found.found


def test_a_clock_that_is_ahead_is_told_by_how_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    for offset, said in ((-60.0, "s ahead of this machine"), (60.0, "s behind this machine")):
        monkeypatch.setattr(time, "time", lambda offset=offset: now + offset)
        found = probes.probe_clock(tmp_path)
        assert found.verdict is Verdict.WARNING
        assert said in found.found


def test_a_slow_disk_and_a_full_one_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "SLOW_FLUSH_S", -1.0)
    found = probes.probe_flush(tmp_path)
    assert found.verdict is Verdict.WARNING and "faster disk" in found.advice
    monkeypatch.setattr(probes, "LOW_SPACE_BYTES", 1 << 80)
    assert probes.probe_space(tmp_path).verdict is Verdict.WARNING


@pytest.mark.parametrize(
    ("code", "verdict", "said"),
    [
        ("import sys; sys.exit(0)", Verdict.PROBLEM, "a lock that is held was given"),
        ("import sys; sys.exit(3)", Verdict.PROBLEM, "a free lock was refused"),
    ],
)
def test_locks_that_do_not_hold_are_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, verdict: Verdict, said: str
) -> None:
    monkeypatch.setattr(probes, "_TRY_LOCK", code)
    found = probes.probe_flock(tmp_path)
    assert (found.verdict, found.found) == (verdict, said)


def test_links_and_names_that_are_refused_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").touch()
    found = probes.probe_links(tmp_path)
    assert found.verdict is Verdict.WARNING and "no hard links" in found.found
    found = probes.probe_links(tmp_path)  # `link` is there now
    assert found.verdict is Verdict.PROBLEM and "no symbolic links" in found.found
    (tmp_path / "CASE").touch()
    assert "case is ignored" in probes.probe_names(tmp_path).found
    (tmp_path / "f").touch()
    assert probes.probe_names(tmp_path / "f").verdict is Verdict.PROBLEM


def test_a_change_that_nobody_is_told_of_is_seen_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not inotify.is_told_of(tmp_path, lambda: None, 0.01)
    assert inotify.is_told_of(tmp_path, (tmp_path / "new").touch, 5.0)
    with pytest.raises(OSError, match="No such file"):
        inotify.is_told_of(tmp_path / "missing", lambda: None, 0.01)
    found = probes.probe_notification(tmp_path / "missing")
    assert found.verdict is Verdict.WARNING and "not available" in found.found
    monkeypatch.setattr(probes, "is_told_of", lambda *_: False)
    assert "was not told" in probes.probe_notification(tmp_path).found


def test_lines_that_are_lost_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text("one more\n")
    assert probes.probe_append(tmp_path).verdict is Verdict.PROBLEM
