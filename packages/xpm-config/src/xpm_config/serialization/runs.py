"""Loading what an experiment left in a workspace: the objects of a run, the task of a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError
from xpm_config.jsonio import read_json, read_json_lines
from xpm_config.reporting import RESULTS_FILE
from xpm_config.serialization.loader import Loader, Paths

if TYPE_CHECKING:
    from xpm_config.serialization.results import Results

__all__ = ["PARAMS_VERSION", "ExperimentInfo", "from_task_dir", "load_configs", "load_xp_info"]

PARAMS_VERSION = 3
"""The newest version of `params.json` that is known."""


@dataclass(frozen=True, slots=True)
class ExperimentInfo:
    """The configurations of a run, by identifier (64 hexadecimal digits).

    Attributes:
        jobs: The tasks that were submitted, with their tags.
        actions: The actions that were registered.
        path: The folder of the run.
    """

    jobs: dict[str, Any] = field(default_factory=dict)
    actions: dict[str, Any] = field(default_factory=dict)
    path: Path | None = field(default=None, compare=False)

    def results(self, file: str = RESULTS_FILE) -> Results:
        """What the jobs of the run reported, as a table.

        Args:
            file: The file that holds it, in the folder of each job.

        Raises:
            FileNotFoundError: The run was not read from a folder.
            SerializationError: A file is damaged.

        Example:
            >>> for row in load_xp_info("workdir/experiments/sweep/current").results().rows():
            ...     print(row["lr"], row["accuracy"])
        """
        from xpm_config.serialization.results import read_results  # lazy: few want a table

        if self.path is None:
            raise FileNotFoundError("These are not the configurations of a run in a workspace.")
        return read_results(self.path, file=file)


def from_task_dir(
    path: Path | str, as_instance: bool = False, partial_loading: bool | None = None
) -> Any:
    """The task of a job, from the folder of the job.

    Args:
        path: The folder of the job, wherever its workspace is now.
        as_instance: Build the value object, and not the configuration object.
        partial_loading: Put a `TaskStub` in the place of the tasks that are only named as
            producers; by default, when value objects are built.

    Raises:
        FileNotFoundError: The folder has no `params.json`.
        SerializationError: The file is of a newer version, is damaged, or does not fit the
            present code.
        ModuleNotFoundError: A module cannot be imported.
    """
    job = Path(path).absolute()
    params = job / "params.json"
    if not params.is_file():
        raise FileNotFoundError(f"{job} is not the folder of a job that started: no {params.name}.")
    content = read_json(params)
    version = content.get("version", 0)
    if version > PARAMS_VERSION:
        raise SerializationError(
            f"{params} has version {version}, written by a newer program (experimaestro "
            f"{content.get('experimaestro', 'of unknown version')}): this one reads up to version "
            f"{PARAMS_VERSION}. Upgrade it."
        )
    objects = content["objects"]
    loader = Loader(params, as_instance=as_instance, paths=Paths(job, _workspace_of(job, content)))
    partial = as_instance if partial_loading is None else partial_loading
    root = objects[-1]["id"]
    loader.load(objects, roots=[root] if partial else None)
    return loader.object(root)


def _workspace_of(job: Path, content: Mapping[str, Any]) -> Path:
    """The workspace of a job: where its folder is now, else where it was."""
    jobs = job.parent.parent
    if jobs.name == "jobs" or "workspace" not in content:
        return jobs.parent
    return Path(content["workspace"])


def load_xp_info(path: Path | str) -> ExperimentInfo:
    """The jobs and the actions of a run, as configuration objects.

    Args:
        path: The folder of the run.

    Raises:
        FileNotFoundError: There is no record of the objects of the run.
        SerializationError: A file is damaged, or does not fit the present code.
        ModuleNotFoundError: A module cannot be imported.

    Complexity: linear in the size of the files, which are read once.

    Example:
        >>> info = load_xp_info("workdir/experiments/sweep/current")
        >>> for task in info.jobs.values():
        ...     print(task, task.tags())
    """
    run = Path(path).absolute()
    objects = run / "objects.jsonl"
    if not objects.is_file():
        return _load_old_run(run)
    tags = dict(_submitted(run))
    actions = _action_identifiers(run)
    info = ExperimentInfo(path=run)
    loader = Loader(objects, as_instance=False)
    for _, definition in read_json_lines(objects):
        built = loader.add(definition)
        identifier = definition["identifier"]
        if identifier in tags:
            info.jobs[identifier] = built
            built.__xpm__.restore_producer(built)  # 2.x does not always say so
        elif identifier in actions:
            info.actions[identifier] = built
    loader.link_producers()
    _restore_tags(info.jobs, tags)
    return info


def load_configs(path: Path | str) -> dict[str, Any]:
    """The jobs of a run: the former name of `load_xp_info(path).jobs`.

    Deprecated: it goes with version 3.
    """
    import warnings  # lazy: for this function only

    warnings.warn(
        "load_configs(path) is deprecated since 2.3: use load_xp_info(path).jobs",
        DeprecationWarning,
        stacklevel=2,
    )
    return load_xp_info(path).jobs


def _submitted(run: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The identifiers of the jobs of a run, with their tags."""
    jobs = run / "jobs.jsonl"
    if jobs.is_file():
        for _, line in read_json_lines(jobs):
            yield line["job_id"], line.get("tags") or {}


def _action_identifiers(run: Path) -> set[str]:
    """The identifiers of the actions of a run.

    They are in the status of a run that has ended, and in the events of one that was killed.
    """
    status = run / "status.json"
    found: set[str] = set()
    if status.is_file():
        found.update(read_json(status).get("actions") or {})
    for events in sorted((run / "events").glob("event-*.jsonl")):
        for _, event in read_json_lines(events):
            if event.get("event_type") == "ActionAddedEvent":
                found.add(event["action_id"])
    return found


def _restore_tags(jobs: Mapping[str, Any], tags: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the tasks their tags, which their definitions do not have."""
    for identifier, task in jobs.items():
        for name, value in tags[identifier].items():
            task.__xpm__.set_tag(name, value)


def _load_old_run(run: Path) -> ExperimentInfo:
    """The jobs of a run written by 2.2 or before, which has one file of objects."""
    configs = run / "configs.json"
    if not configs.is_file():
        raise FileNotFoundError(
            f"{run} is not the folder of a run: it has no file objects.jsonl nor configs.json."
        )
    content = read_json(configs)
    loader = Loader(configs, as_instance=False)
    loader.load(content["objects"])
    jobs = {name: loader.decode(value) for name, value in content["data"].items()}
    tags = content.get("tags") or {}
    _restore_tags(jobs, {name: tags.get(name) or {} for name in jobs})
    return ExperimentInfo(jobs=jobs)
