from __future__ import annotations

from pathlib import Path

from xpm_scheduler.report import tail


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log.err"
    log.write_text("\n".join(f"line {number}" for number in range(10_000)) + "\n\n")
    assert tail(log)[-1] == "line 9999"
    assert len(tail(log)) == 8


def test_a_missing_log_has_no_tail_and_strange_bytes_are_shown(tmp_path: Path) -> None:
    assert tail(tmp_path / "missing") == []
    (tmp_path / "bytes").write_bytes(b"\xff\xfe ok\n")
    assert tail(tmp_path / "bytes")[0].endswith("ok")
