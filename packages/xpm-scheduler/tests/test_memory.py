from __future__ import annotations

from pathlib import Path

from xpm_scheduler.memory import OutOfMemoryWatch


def test_a_kill_for_want_of_memory_is_seen_in_the_counter(tmp_path: Path) -> None:
    counters = tmp_path / "vmstat"
    counters.write_text("nr_free_pages 12\noom_kill 3\n")
    watch = OutOfMemoryWatch(counters)
    assert not watch.has_killed()
    counters.write_text("nr_free_pages 1\noom_kill 4\n")
    assert watch.has_killed()


def test_where_the_system_does_not_count_nothing_is_claimed(tmp_path: Path) -> None:
    assert not OutOfMemoryWatch(tmp_path / "missing").has_killed()


def test_the_counter_of_this_machine_can_be_read() -> None:
    assert "oom_kill " in Path("/proc/vmstat").read_text()
