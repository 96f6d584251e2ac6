"""What a job shares, in its own process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from xpm_scheduler.shared import TokenDemand, take_all
from xpm_scheduler.worker.held import SharedLost, holding_shared
from xpm_store.layout import JobFolder, Workspace
from xpm_store.records import ProcessRecord
from xpm_store.tokens import TokenFolder


@pytest.fixture
def folder(tmp_path: Path) -> JobFolder:
    folder = Workspace(tmp_path).job("pkg.fit", "1")
    folder.path.mkdir(parents=True)
    ProcessRecord.local(os.getpid()).write(folder)
    return folder


@pytest.fixture
def token(tmp_path: Path) -> TokenFolder:
    token = TokenFolder.at(tmp_path / "gpu")
    token.set_total(1)
    return token


def test_a_job_that_shares_nothing_just_runs(folder: JobFolder) -> None:
    with holding_shared(folder):
        pass


def test_the_process_of_the_job_is_the_one_that_holds_and_gives_back(
    folder: JobFolder, token: TokenFolder
) -> None:
    assert take_all([TokenDemand(token, 1)], folder) is None
    with pytest.raises(ZeroDivisionError), holding_shared(folder):
        (holder,) = token.holders()
        assert holder.process is not None
        assert holder.process.pid == os.getpid()
        raise ZeroDivisionError
    assert token.holders() == []
    assert not folder.locks_json.exists()


def test_a_job_that_does_not_hold_what_it_needs_does_not_run(
    folder: JobFolder, token: TokenFolder
) -> None:
    assert take_all([TokenDemand(token, 1)], folder) is None
    token.release(folder)
    with (
        pytest.raises(SharedLost, match="gpu any more: run its experiment again"),
        holding_shared(folder),
    ):
        raise AssertionError("it must not run")
