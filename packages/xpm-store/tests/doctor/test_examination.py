"""A file system, examined."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from xpm_store import fs
from xpm_store.doctor import PROBES, Verdict, examine
from xpm_store.layout import Workspace


def test_a_local_file_system_is_fine_and_nothing_stays_there(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.marker.touch()
    found = examine(workspace)
    assert [one.name for one in found] == list(PROBES)
    for one in found:
        # how fast and how full this machine is says nothing about the program
        if one.name not in ("flush", "space", "file system"):
            assert one.verdict is Verdict.FINE, str(one)
            assert not one.advice
        assert str(one).startswith(f"{one.name}: {one.verdict.value}, ")
    assert [path.name for path in tmp_path.iterdir()] == [workspace.marker.name]


def test_a_workspace_that_cannot_be_written_has_one_problem(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    [found] = examine(Workspace(tmp_path / "file"))
    assert found.verdict is Verdict.PROBLEM
    assert "can be listed" in found.advice
    assert str(tmp_path / "file") in found.found


class Refuse:
    """Makes every operation of a kind fail."""

    def __init__(self, operation: str, code: int) -> None:
        self.operation, self.code = operation, code

    def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
        if operation == self.operation:
            raise OSError(self.code, os.strerror(self.code))

    def after(self, operation: str, path: Path) -> None:
        pass


@pytest.mark.parametrize(
    ("operation", "probes"),
    [("rename", {"rename", "flush"}), ("open", {"append"}), ("fsync", {"rename", "flush"})],
)
def test_what_the_file_system_refuses_is_a_problem_of_that_probe(
    tmp_path: Path, operation: str, probes: set[str]
) -> None:
    with fs.observed(Refuse(operation, errno.EOPNOTSUPP)):
        found = examine(Workspace(tmp_path))
    assert {one.name for one in found if one.verdict is Verdict.PROBLEM} == probes
    assert list(tmp_path.iterdir()) == []
