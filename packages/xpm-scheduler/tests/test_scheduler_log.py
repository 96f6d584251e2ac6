from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from xpm_scheduler.scheduler_log import (
    LAST_CLEANUP,
    LOG_NAME,
    clean_up_logs,
    log_folder,
    logging_to,
)
from xpm_store.locks import FileLock

DAY_S = 86400.0
log = logging.getLogger("xpm.test")


class Terminal(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    """What a user sees, on the root logger."""
    handler = Terminal()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_what_is_said_from_info_on_is_in_the_log_and_a_terminal_gets_what_it_got_before(
    tmp_path: Path, terminal: Terminal
) -> None:
    own = logging.getLogger("xpm")
    before = (own.level, own.propagate, list(own.handlers))
    with logging_to(tmp_path) as folder:
        log.debug("a detail")
        log.info("good to know")
        log.warning("careful")
    log.warning("afterwards")
    lines = (folder / LOG_NAME).read_text().splitlines()
    assert [line.rpartition("] ")[2] for line in lines] == ["good to know", "careful"]
    assert terminal.lines == ["careful", "afterwards"]
    assert (own.level, own.propagate, list(own.handlers)) == before


def test_a_terminal_that_asks_for_more_gets_it(tmp_path: Path, terminal: Terminal) -> None:
    logging.getLogger("xpm").setLevel(logging.DEBUG)
    try:
        with logging_to(tmp_path):
            log.debug("a detail")
    finally:
        logging.getLogger("xpm").setLevel(logging.NOTSET)
    assert terminal.lines == ["a detail"]


def test_a_process_has_one_folder_per_workspace(tmp_path: Path) -> None:
    with logging_to(tmp_path / "one") as first, logging_to(tmp_path / "two") as other:
        with logging_to(tmp_path / "one") as second:
            log.warning("to both")
        log.warning("still")
    assert first == second == log_folder(tmp_path / "one")
    assert first != other
    for folder in (first, other):
        assert len((folder / LOG_NAME).read_text().splitlines()) == 2


def test_two_processes_of_one_second_have_two_folders(tmp_path: Path) -> None:
    first = log_folder(tmp_path)
    (tmp_path / "other").mkdir()
    taken = [path.name for path in tmp_path.iterdir()]
    assert first.name in taken


def test_folders_that_nobody_used_for_15_days_are_removed_once_a_day(tmp_path: Path) -> None:
    now = 1_000_000_000.0
    ages = {"old": 16, "locked": 16, "recent": 14}
    for name, days in ages.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / LOG_NAME).touch()
        (tmp_path / name / ".lock").touch()
        os.utime(tmp_path / name, (now - days * DAY_S,) * 2)
    with FileLock(tmp_path / "locked" / ".lock"):
        assert clean_up_logs(tmp_path, now) == [tmp_path / "old"]
        assert (tmp_path / LAST_CLEANUP).exists()
    assert clean_up_logs(tmp_path, now + DAY_S / 2) == []
    assert clean_up_logs(tmp_path, now + 2 * DAY_S) == [tmp_path / "locked", tmp_path / "recent"]
