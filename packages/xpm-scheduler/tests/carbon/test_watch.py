from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from xpm_scheduler.carbon.watch import EnergyWatch, energy_watch
from xpm_store.layout import Workspace
from xpm_store.records import ProcessRecord
from xpm_store.settings import load_settings

FAKE = [sys.executable, str(Path(__file__).parent / "fake_meter.py")]


def test_the_meter_is_told_of_jobs_that_run_for_some_time(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    watch = EnergyWatch(workspace, tmp_path, FAKE, after_s=0)
    short, long = workspace.job("t", "a" * 64), workspace.job("t", "b" * 64)
    record = ProcessRecord.local(os.getpid())

    async def run() -> None:
        ended = watch.follow(short, record)
        assert ended is not None
        ended.cancel()
        told = asyncio.Event()
        watch.follow(long, record)
        asyncio.get_running_loop().call_later(0.01, told.set)
        await told.wait()

    asyncio.run(run())
    assert watch.finish([short, long])
    (line,) = (tmp_path / "told.jsonl").read_text().splitlines()
    assert json.loads(line) == {
        "job": str(long.path),
        "pid": os.getpid(),
        "start_time": record.start_time,
    }
    assert not watch.finish([])


def test_nothing_is_started_for_short_jobs_nor_for_those_of_other_machines(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    watch = EnergyWatch(workspace, tmp_path, FAKE)
    folder = workspace.job("t", "a" * 64)

    async def run() -> None:
        timer = watch.follow(folder, ProcessRecord.local(os.getpid()))
        assert timer is not None
        timer.cancel()
        assert watch.follow(folder, ProcessRecord("slurm", "123")) is None
        elsewhere = ProcessRecord("local", 1, "elsewhere", "boot", 1.0)
        assert watch.follow(folder, elsewhere) is None

    asyncio.run(run())
    assert not watch.finish([folder])
    assert list(tmp_path.iterdir()) == []


def test_a_meter_that_dies_or_does_not_start_is_not_noticed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "work")
    for command in ([sys.executable, "-c", ""], ["no-such-program-anywhere"]):
        watch = EnergyWatch(workspace, tmp_path, command, after_s=0)
        folder = workspace.job("t", "a" * 64)

        async def run(watch: EnergyWatch = watch, folder: Any = folder) -> None:
            done = asyncio.Event()
            watch.follow(folder, ProcessRecord.local(os.getpid()))
            asyncio.get_running_loop().call_later(0.01, done.set)
            await done.wait()

        asyncio.run(run())
        watch.finish([folder])


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("carbon: {country_iso_code: FRA}\n", 1),
        ("carbon: {enabled: false}\n", 0),
        ("carbon: {warn_if_unavailable: false}\n", 0),
        ("env: {}\n", 0),
    ],
)
def test_what_is_asked_for_and_not_installed_is_told_once_a_day_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    text: str, warned: int,
) -> None:  # fmt: skip
    settings = tmp_path / "settings.yaml"
    settings.write_text(text)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    workspace = Workspace(tmp_path / "work")
    for _ in range(2):
        assert energy_watch(workspace, tmp_path, load_settings(settings)) is None
    assert len(caplog.records) == warned
    if warned:
        assert "pip install 'xpm-scheduler[carbon]'" in caplog.text


def test_with_codecarbon_a_run_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    settings = load_settings(tmp_path / "none.yaml")
    assert energy_watch(Workspace(tmp_path), tmp_path, settings) is not None


def test_the_scheduler_does_not_load_codecarbon() -> None:
    code = (
        "import sys, xpm_scheduler.experiment\n"
        "assert not {'codecarbon', 'pandas', 'psutil'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
