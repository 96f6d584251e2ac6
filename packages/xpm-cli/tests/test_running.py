"""The summary of a run, in this process, from a real experiment."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_cli.running import summarise
from xpm_config import Param, Task
from xpm_scheduler.experiment import experiment
from xpm_store.settings import WorkspaceSettings


class Failing(Task):
    n: Param[int]

    def execute(self) -> None:
        raise ValueError(f"failing {self.n}")


def test_the_last_lines_are_in_the_summary_when_no_display_has_told_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with experiment(tmp_path, "summary", dirty_git="ignore") as xp:
        job = Failing.C(n=3).submit().job

    assert job is not None
    code = summarise(xp, WorkspaceSettings("", tmp_path), with_lines=True)

    told = capsys.readouterr()
    assert code == 1
    assert "summary: 1 job: 1 failed\n" in told.out
    last_line = job.stderr.read_text().splitlines()[-1]
    assert f"    | {last_line}\n" in told.out
    assert f"--workdir {tmp_path}" in told.err
