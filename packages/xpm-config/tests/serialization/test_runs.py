"""Loading runs and jobs: ours, and those of the sample workspace written by 2.7.0."""

import importlib
import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import xpm_config
from xpm_config.actions import Action, Interaction
from xpm_config.errors import SerializationError
from xpm_config.fields import Meta, Param, PathGenerator, field
from xpm_config.jsonio import encode, write_json
from xpm_config.serialization import (
    ObjectStream,
    TaskStub,
    from_task_dir,
    load,
    load_configs,
    load_xp_info,
    task_definitions,
)
from xpm_config.tags import tag
from xpm_config.tasks import Task

SAMPLE = Path(__file__).parents[1] / "golden" / "workspace" / "sample-2.7.0.tar.gz"


class Train(Task):
    x: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def execute(self) -> None: ...


class Evaluate(Task):
    train: Param[Train]

    def execute(self) -> None: ...


class Export(Action):
    label: Param[str]

    def execute(self, interaction: Interaction) -> None: ...


def write_run(experiment: Any, run: Path, *, actions: tuple[Any, ...] = ()) -> None:
    """The records of a run, as a scheduler writes them."""
    stream, run_lines, job_lines = ObjectStream(), [], []
    for task, _ in experiment.requests:
        run_lines += stream.definitions(task)
        job_lines.append(
            {
                "job_id": str(task.__xpm__.identifier),
                "task_id": task.__xpm__.xpmtype.name,
                "tags": dict(task.tags()),
            }
        )
    for action in actions:
        run_lines += stream.definitions(action.seal())
    run.mkdir(parents=True)
    (run / "objects.jsonl").write_text("".join(encode(line) + "\n" for line in run_lines))
    (run / "jobs.jsonl").write_text("".join(encode(line) + "\n" for line in job_lines))


# --- Our own runs


def test_the_jobs_of_a_run_come_back_with_their_tags(experiment: Any, tmp_path: Path) -> None:
    train = Train.C(x=tag(3))
    train.submit()
    evaluate = Evaluate.C(train=train)
    evaluate.submit()
    write_run(experiment, tmp_path / "run")
    info = load_xp_info(tmp_path / "run")
    assert list(info.jobs) == [str(t.__xpm__.identifier) for t in (train, evaluate)]
    loaded = info.jobs[str(evaluate.__xpm__.identifier)]
    assert loaded.train is info.jobs[str(train.__xpm__.identifier)]
    assert dict(loaded.tags()) == {"x": 3}
    assert loaded.train.out == train.out
    assert loaded.__xpm__.task is loaded


def test_the_actions_of_a_run_come_back(experiment: Any, tmp_path: Path) -> None:
    Train.C(x=1).submit()
    ended, killed = Export.C(label="a"), Export.C(label="b")
    write_run(experiment, tmp_path / "run", actions=(ended, killed))
    write_json(tmp_path / "run" / "status.json", {"actions": {str(ended.__xpm__.identifier): {}}})
    assert [a.label for a in load_xp_info(tmp_path / "run").actions.values()] == ["a"]
    events = tmp_path / "run" / "events"
    events.mkdir()
    event = {"event_type": "ActionAddedEvent", "action_id": str(killed.__xpm__.identifier)}
    (events / "event-0.jsonl").write_text(encode(event) + "\n" + '{"torn')
    assert [a.label for a in load_xp_info(tmp_path / "run").actions.values()] == ["a", "b"]


def test_an_output_finds_its_task_wherever_it_is_defined(experiment: Any, tmp_path: Path) -> None:
    train = Train.C(x=1)
    train.submit()
    write_run(experiment, tmp_path / "run")
    objects = tmp_path / "run" / "objects.jsonl"
    output = {
        "id": 99,
        "module": Train.__module__,
        "type": "Evaluate",
        "identifier": "ab" * 32,
        "task": 1,
        "fields": {},
    }
    objects.write_text(encode(output) + "\n" + objects.read_text())
    assert len(load_xp_info(tmp_path / "run").jobs) == 1


def test_a_torn_last_line_is_left_out(experiment: Any, tmp_path: Path) -> None:
    Train.C(x=1).submit()
    write_run(experiment, tmp_path / "run")
    with (tmp_path / "run" / "objects.jsonl").open("a") as objects:
        objects.write('{"id": 2, "mod')
    assert len(load_xp_info(tmp_path / "run").jobs) == 1


def test_the_file_of_2_2_is_read(experiment: Any, tmp_path: Path) -> None:
    train = Train.C(x=tag(3))
    train.submit()
    definitions = ObjectStream().definitions(train)
    identifier = str(train.__xpm__.identifier)
    write_json(
        tmp_path / "configs.json",
        {
            "objects": definitions,
            "data": {identifier: {"type": "python", "value": definitions[-1]["id"]}},
            "tags": {identifier: {"x": 3}},
        },
    )
    with pytest.warns(DeprecationWarning, match="load_xp_info"):
        jobs = load_configs(tmp_path)
    assert jobs[identifier].x == 3
    assert dict(jobs[identifier].tags()) == {"x": 3}


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"objects\.jsonl nor configs\.json"):
        load_xp_info(tmp_path)


# --- Our own jobs


def write_job(task: Any, experiment: Any, **content: Any) -> Path:
    workspace = experiment.workspace_path
    objects = task_definitions(task, job=task.jobpath, workspace=workspace)
    task.jobpath.mkdir(parents=True)
    params = {"workspace": str(workspace), "version": 3, "objects": objects, **content}
    write_json(task.jobpath / "params.json", params)
    return Path(task.jobpath)


def test_a_task_is_loaded_from_the_folder_of_its_job(experiment: Any) -> None:
    train = Train.C(x=3)
    train.submit()
    job = write_job(train, experiment)
    loaded = from_task_dir(job)
    assert (loaded.x, loaded.out) == (3, job / "out.txt")
    assert str(loaded.__xpm__.identifier) == str(train.__xpm__.identifier)
    assert type(from_task_dir(job, as_instance=True)) is Train


def test_a_workspace_can_be_moved(experiment: Any, tmp_path: Path) -> None:
    train = Train.C(x=3)
    train.submit()
    evaluate = Evaluate.C(train=train)
    evaluate.submit()
    job = write_job(evaluate, experiment)
    moved = tmp_path / "moved"
    experiment.workspace_path.rename(moved)
    loaded = from_task_dir(moved / job.relative_to(experiment.workspace_path))
    assert loaded.train.out == moved / train.out.relative_to(experiment.workspace_path)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_older_versions_are_read(experiment: Any, version: int) -> None:
    train = Train.C(x=3)
    train.submit()
    job = write_job(train, experiment, version=version)
    params = json.loads((job / "params.json").read_text())
    if version == 0:
        del params["version"]
    params["objects"][-1]["fields"]["out"] = {"type": "path", "value": str(train.out)}
    write_json(job / "params.json", params)
    assert from_task_dir(job).out == train.out


def test_a_newer_version_is_refused(experiment: Any) -> None:
    train = Train.C(x=3)
    train.submit()
    job = write_job(train, experiment, version=4, experimaestro="9.0")
    with pytest.raises(SerializationError, match=r"version 4.*9\.0.*up to version 3"):
        from_task_dir(job)


def test_what_is_no_job_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"params\.json"):
        from_task_dir(tmp_path)


# --- The sample workspace of 2.7.0


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace, in another place than the one where it was written."""
    with tarfile.open(SAMPLE) as archive:
        archive.extractall(tmp_path, filter="fully_trusted")
    root = tmp_path / "xpm-sample"
    # The script imports what it uses from `experimaestro`, which is another wheel
    facade = ModuleType("experimaestro")
    for name in xpm_config.__all__:
        setattr(facade, name, getattr(xpm_config, name))
    facade.experiment = None  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "experimaestro", facade)
    monkeypatch.syspath_prepend(root / "code")
    before = set(sys.modules)
    yield root
    for name in set(sys.modules) - before:
        del sys.modules[name]


def run_of(sample: Path, experiment: str, index: int = 0) -> Path:
    folder = sample / "ws" / "experiments" / experiment
    return sorted(run for run in folder.iterdir() if run.is_dir() and not run.is_symlink())[index]


@pytest.mark.parametrize(
    ("experiment", "index", "jobs", "actions"),
    [("aborted", 0, 1, 0), ("interrupted", 0, 3, 0), ("sample", 0, 16, 3), ("sample", 1, 16, 3)],
)
def test_the_runs_of_the_sample_are_loaded(
    sample: Path, experiment: str, index: int, jobs: int, actions: int
) -> None:
    info = load_xp_info(run_of(sample, experiment, index))
    assert (len(info.jobs), len(info.actions)) == (jobs, actions)
    for identifier, job in info.jobs.items():
        assert str(job.__xpm__.identifier) == identifier


def test_the_run_of_a_script_executes_it_once(sample: Path) -> None:
    run = run_of(sample, "script")
    objects = run / "objects.jsonl"
    objects.write_text(objects.read_text().replace("/tmp/xpm-sample", str(sample)))
    info = load_xp_info(run)
    assert [job.__xpm__.xpmtype.cls.__qualname__ for job in info.jobs.values()] == [
        "Scratch",
        "UseScratch",
    ]
    scratch, use = info.jobs.values()
    assert use.scratch is scratch


def test_the_script_of_a_run_that_is_gone_is_told(sample: Path) -> None:
    run = run_of(sample, "script")
    objects = run / "objects.jsonl"
    objects.write_text(objects.read_text().replace("/tmp/xpm-sample", str(sample / "gone")))
    with pytest.raises(SerializationError, match=r"needs the classes of the script .*/gone/"):
        load_xp_info(run)


def test_the_dependencies_and_tags_of_the_sample_are_found(sample: Path) -> None:
    info = load_xp_info(run_of(sample, "sample"))
    scores = [job for job in info.jobs.values() if job.__xpm__.xpmtype.name == "sample.score"]
    assert sorted(score.fit.optimizer.lr for score in scores) == [0.1, 0.5]
    assert all(score.fit.numbers.__xpm__.task in info.jobs.values() for score in scores)
    assert dict(scores[0].tags()) == {
        "count": 5,
        "lr": scores[0].fit.optimizer.lr,
        "model": "linear",
    }
    assert scores[0].fit.norm.name == "L2"


def test_every_job_of_the_sample_is_loaded(sample: Path) -> None:
    found = []
    for params in sorted((sample / "ws" / "jobs").glob("*/*/params.json")):
        if "__main__" not in str(params):
            task = from_task_dir(params.parent)
            instance = from_task_dir(params.parent, as_instance=True)
            assert str(task.__xpm__.identifier) == params.parent.name
            assert instance.__xpmidentifier__ == params.parent.name
            found.append(task)
    assert len(found) == 14


def test_a_value_object_of_the_sample_has_paths_in_the_moved_workspace(sample: Path) -> None:
    (job,) = (sample / "ws" / "jobs").glob("*.makenumbers/*")
    task = from_task_dir(job, as_instance=True)
    assert json.loads(task.path.read_text()) == [0, 1, 2, 3, 4]


def test_the_producer_of_an_output_is_a_stub_when_only_its_output_is_needed(sample: Path) -> None:
    probe = next((sample / "ws" / "jobs").glob("*.probe/*"))
    task = from_task_dir(probe, partial_loading=True)
    stub = task.checkpoint.__xpm__.task
    assert isinstance(stub, TaskStub)
    assert stub.typename == "workspace.make_sample.Learner"
    assert type(from_task_dir(probe).checkpoint.__xpm__.task).__qualname__ == "Learner.XPMConfig"


def test_what_the_sample_saved_is_loaded(sample: Path) -> None:
    optimizer, bag = load(run_of(sample, "sample") / "data" / "saved")
    assert optimizer.lr == 0.25
    assert sorted(part.lr for part in bag.parts) == [1.0, 2.0]
    assert bag.sizes == {3, 4}
    assert bag.spare.__xpm__.meta is True
    assert bag.table.read_text() == "finished\n"
    instance = load(run_of(sample, "sample") / "data" / "saved", as_instance=True)[1]
    assert instance.table.read_text() == "finished\n"


def test_loading_the_sample_imports_only_the_module_that_it_names(sample: Path) -> None:
    before = set(sys.modules)
    load(run_of(sample, "sample") / "data" / "saved")
    new = {name for name in set(sys.modules) - before if not name.startswith("xpm_config")}
    assert new <= {"workspace", "workspace.make_sample"}
    assert sample / "code" == importlib.import_module("workspace.make_sample").ROOT
