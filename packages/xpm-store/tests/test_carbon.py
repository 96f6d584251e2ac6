"""Energy records: their files, their index, their sums."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from xpm_store import carbon
from xpm_store.carbon import CarbonSum, Measure
from xpm_store.errors import DamagedRecord
from xpm_store.layout import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def measure(job: str, energy_kwh: float = 1.0) -> Measure:
    return Measure(job, "lab.fit", 1e9, 1e9 + 60, energy_kwh / 10, energy_kwh, duration_s=60.0)


def index(workspace: Workspace) -> dict[str, object]:
    value: dict[str, object] = json.loads((workspace.carbon / "index.json").read_text())
    return value


def test_a_run_has_the_sum_of_all_executions_and_that_of_the_last_ones(
    workspace: Workspace,
) -> None:
    for one in (measure("a", 1), measure("b", 2), measure("a", 4), measure("c", 8)):
        carbon.record(workspace, one)
    totals = carbon.totals(workspace, ["a", "b"])
    assert (totals.sum.energy_kwh, totals.sum.duration_s, totals.sum.job_count) == (7.0, 180.0, 2)
    assert totals.sum.co2_kg == pytest.approx(0.7)
    assert totals.latest.energy_kwh == 6.0
    assert totals.latest.job_count == 2
    assert set(totals.to_json()) == {"sum", "latest"}
    assert set(totals.to_json()["sum"]) == {"co2_kg", "energy_kwh", "duration_s", "job_count"}
    assert carbon.totals(workspace, []).sum == CarbonSum()


def test_the_files_are_those_that_2_x_reads(workspace: Workspace) -> None:
    carbon.record(workspace, measure("a"))
    [line] = (workspace.carbon / "measures-0.jsonl").read_text().splitlines()
    value = json.loads(line)
    assert {
        "job_id", "task_id", "started_at", "ended_at", "co2_kg", "energy_kwh", "cpu_power_w",
        "gpu_power_w", "ram_power_w", "duration_s", "region", "run_group_id",
    } <= set(value)  # fmt: skip
    assert value["started_at"].count(":") == 2
    said = index(workspace)
    assert (said["current_file"], said["total_records"], said["records_in_current"]) == (0, 1, 1)
    assert isinstance(said["last_updated"], float)
    assert (workspace.carbon / ".lock").exists()
    assert list(carbon.measures(workspace)) == [measure("a")]


def test_a_full_file_is_followed_by_another(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carbon, "RECORDS_PER_FILE", 2)
    for number in range(5):
        carbon.record(workspace, measure(str(number)))
    names = sorted(path.name for path in workspace.carbon.glob("measures-*"))
    assert names == ["measures-0.jsonl", "measures-1.jsonl", "measures-2.jsonl"]
    said = index(workspace)
    assert (said["current_file"], said["total_records"], said["records_in_current"]) == (2, 5, 1)
    assert [one.job_id for one in carbon.measures(workspace)] == ["0", "1", "2", "3", "4"]
    found = carbon.stats(workspace)
    assert (found.records, found.files) == (5, 3)
    assert found.size_bytes == sum(path.stat().st_size for path in workspace.carbon.glob("m*"))


@pytest.mark.parametrize("damage", ["missing", "torn", "behind", "of 2.x", "wrong"])
def test_an_index_that_is_not_right_is_made_again_from_the_files(
    workspace: Workspace, damage: str
) -> None:
    carbon.record(workspace, measure("a"))
    path = workspace.carbon / "index.json"
    before = path.read_text()
    carbon.record(workspace, measure("b"))
    match damage:
        case "missing":
            path.unlink()
        case "torn":
            path.write_text("{")
        case "behind":
            path.write_text(before)
        case "of 2.x":
            value = json.loads(path.read_text())
            del value["size_bytes"]
            path.write_text(json.dumps(value))
        case "wrong":
            path.write_text('{"current_file": "x", "total_records": 9, "size_bytes": 1}')
    carbon.record(workspace, measure("c"))
    assert index(workspace)["total_records"] == 3
    assert len(list(carbon.measures(workspace))) == 3


def test_an_index_that_names_a_file_that_is_gone_is_made_again(workspace: Workspace) -> None:
    carbon.record(workspace, measure("a"))
    (workspace.carbon / "measures-0.jsonl").unlink()
    carbon.record(workspace, measure("b"))
    assert index(workspace)["total_records"] == 1


def test_damaged_lines_are_skipped_and_told(workspace: Workspace) -> None:
    carbon.record(workspace, measure("a"))
    with (workspace.carbon / "measures-0.jsonl").open("a") as file:
        file.write('nothing\n{"job_id": 3}\n{"job_id"')
    problems: list[DamagedRecord] = []
    assert [one.job_id for one in carbon.measures(workspace, problems)] == ["a"]
    assert len(problems) == 2
    carbon.record(workspace, measure("b"))
    assert carbon.totals(workspace, {"a", "b"}).sum.job_count == 2


def test_nothing_is_written_by_asking(workspace: Workspace) -> None:
    assert carbon.totals(workspace, ["a"]).sum == CarbonSum()
    assert carbon.stats(workspace) == carbon.CarbonStats(0, 0, 0)
    assert not workspace.root.exists()


def test_several_processes_may_record_at_once(workspace: Workspace) -> None:
    children = []
    for number in range(4):
        pid = os.fork()
        if pid == 0:
            for _ in range(10):
                carbon.record(workspace, measure(str(number)))
            os._exit(0)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * 4
    assert index(workspace)["total_records"] == 40
    assert carbon.totals(workspace, list("0123")).sum.energy_kwh == 40.0
