"""Files of lines, checked."""

from __future__ import annotations

from pathlib import Path

from xpm_store.check import Remedy
from xpm_store.check.lines import check_lines, is_temporary


def test_good_and_missing_files_have_nothing_wrong(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    assert check_lines(path, is_live=False) == []
    path.write_text('{"a":1}\n{"a":2}\n')
    assert check_lines(path, is_live=False) == []


def test_a_torn_tail_is_damage_unless_it_is_being_written(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\n{"a"')
    assert check_lines(path, is_live=True) == []
    [found] = check_lines(path, is_live=False)
    assert (found.remedy, found.offset) == (Remedy.KEEP_GOOD_LINES, 8)


def test_damaged_lines_are_one_finding_with_the_first_offset(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a":1}\nx\ny\n{"a"')
    [live] = check_lines(path, is_live=True)
    assert live.remedy is None and live.offset == 8
    assert "(and 1 more like it)" in live.problem
    [found] = check_lines(path, is_live=False)
    assert "(and 2 more like it)" in found.problem


def test_a_file_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    [found] = check_lines(tmp_path, is_live=False)
    assert "EISDIR" in found.problem and found.remedy is None


def test_temporary_files_are_those_that_are_written_beside_others() -> None:
    assert is_temporary(".status.json.12.tmp")
    assert not is_temporary("a.tmp") and not is_temporary(".status.json.lock")
