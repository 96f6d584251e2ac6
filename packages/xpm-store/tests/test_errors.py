"""Messages of errors."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from xpm_config.errors import HandledException
from xpm_store import errors
from xpm_store.processes import Owner


def test_every_error_is_one_that_is_shown_in_one_line() -> None:
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), HandledException)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EIO, "check it"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "check the owner"),
        (errno.ESTALE, "check the mount"),
        (errno.EMFILE, "EMFILE"),
    ],
)
def test_a_refusal_names_the_operation_the_path_and_what_to_do(code: int, advice: str) -> None:
    error = errors.StorageError("write", "/w/jobs.jsonl", OSError(code, os.strerror(code)))
    assert "cannot write /w/jobs.jsonl" in str(error)
    assert advice in str(error)
    assert (error.errno, error.path, error.operation) == (code, "/w/jobs.jsonl", "write")


def test_a_damaged_record_says_where() -> None:
    assert str(errors.DamagedRecord("/w/a.jsonl", "torn", 12)) == "/w/a.jsonl, byte 12: torn"
    assert str(errors.DamagedRecord("/w/a.json", "torn")) == "/w/a.json: torn"


def test_a_lock_that_was_not_obtained_names_its_holder() -> None:
    owner = Owner("node7", None, 42, None)
    assert "process 42 on node7" in str(errors.LockTimeout(Path("/w/lock"), 5, owner))
    assert "another process" in str(errors.LockTimeout(Path("/w/lock"), 0.1, None))
