"""What a dry run tells of each task, and why."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from xpm_config.modes import RunMode, TransientMode
from xpm_config.tags import tag
from xpm_store.layout import JobFolder


def files_below(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


def told(study: Any, capsys: pytest.CaptureFixture[str], submit: Any) -> list[str]:
    """What a dry run says, and that it touched nothing."""
    capsys.readouterr()
    before = files_below(study.root)
    with study.open(run_mode=RunMode.DRY_RUN):
        submit()
    assert files_below(study.root) == before
    return capsys.readouterr().err.splitlines()


def test_a_task_without_earlier_job_is_new(study: Any, capsys: Any) -> None:
    lines = told(study, capsys, lambda: study.step("a").submit())
    assert lines[0].startswith("[not run] Simulating study_tasks.step/")
    assert lines[1:] == [
        "  new: this task has no earlier job",
        "  launcher: DirectLauncher",
        "1 job would run (1 new)",
    ]


def test_a_task_that_is_done_is_reused_and_a_failed_one_would_run_again(
    study: Any, capsys: Any
) -> None:
    def submit() -> None:
        study.step("a").submit()
        study.step("a").submit()
        study.fail("b").submit()

    with study.open(report=False):
        submit()
    lines = told(study, capsys, submit)
    assert lines[0].startswith("[done] Simulating study_tasks.step/")
    assert lines[1] == "  reused: it is done"
    assert "  failed before (failed): would run again" in lines
    assert lines[-1] == "1 job would run (1 failed before); 1 reused"


def test_a_changed_task_is_told_with_what_has_changed_since_the_nearest_one(
    study: Any, capsys: Any
) -> None:
    def train(lr: float, size: int, seed: int = 0) -> Any:
        layer = study.tasks.Layer.C(size=size)
        return study.tasks.Fit.C(lr=tag(lr), layer=layer, seed=seed, log=study.log)

    with study.open():
        near = train(0.1, 8).submit()
        train(0.5, 64, seed=3).submit()
    lines = told(study, capsys, lambda: train(0.1, 16).submit())
    assert lines[0].endswith(" (lr=0.1)")
    assert lines[1:3] == [
        f"  changed from {near.job.identifier[:8]}:",
        "    layer.size: 8 → 16",
    ]
    assert lines[-1] == "1 job would run (1 changed)"


def test_a_change_in_a_task_it_depends_on_is_told_with_its_path(study: Any, capsys: Any) -> None:
    with study.open():
        study.step("last", study.step("first").submit()).submit()
    lines = told(study, capsys, lambda: study.step("last", study.step("other").submit()).submit())
    assert "    after[0].name: 'first' → 'other'" in lines
    assert lines[-1] == "2 jobs would run (2 changed)"


def test_an_earlier_job_that_cannot_be_read_any_more_is_said(study: Any, capsys: Any) -> None:
    with study.open():
        step = study.step("a").submit()
    params = JobFolder(step.job.path).params
    params.write_text(params.read_text().replace('"name"', '"nom"'))
    lines = told(study, capsys, lambda: study.step("b").submit())
    assert lines[1].startswith(f"  changed from {step.job.identifier[:8]}")


def test_a_transient_task_is_told_apart(study: Any, capsys: Any) -> None:
    lines = told(study, capsys, lambda: study.step("a").submit(transient=TransientMode.TRANSIENT))
    assert "  transient: runs only if a job that runs needs it" in lines
    assert lines[-1] == "0 jobs would run; 1 transient"


def test_a_single_task_can_be_a_dry_run_in_a_normal_run(study: Any, capsys: Any) -> None:
    with study.open():
        study.step("a").submit(run_mode=RunMode.DRY_RUN)
    assert "[not run] Simulating" in capsys.readouterr().err
    assert study.ran == []


def test_generating_writes_scripts_that_run_by_hand(study: Any, capsys: Any) -> None:
    with study.open(run_mode="generate"):
        step = study.step("a").submit()
    folder = JobFolder(step.job.path)
    assert folder.params.exists()
    assert os.access(folder.script, os.X_OK)
    assert capsys.readouterr().err.splitlines()[-1] == (
        "1 job would run (1 new); the files of 1 job were written"
    )
