from pathlib import Path
from typing import Any

import pytest
from xpm_config.config import Config
from xpm_config.errors import ConfigError, SubmitError
from xpm_config.fields import Meta, Param, PathGenerator, field, param_group, partial
from xpm_config.modes import RunMode, TransientMode
from xpm_config.submission import SubmitHook, submit_hooks
from xpm_config.tags import stop_tags, tag
from xpm_config.tasks import LightweightTask, ResumableTask, Task


class Model(Config):
    size: Param[int]
    cache: Meta[Path] = field(default_factory=PathGenerator("cache"))


class Seed(LightweightTask):
    seed: Param[int]

    def execute(self) -> None: ...


class Train(Task):
    x: Param[int]
    out: Meta[Path] = field(default_factory=PathGenerator("out.txt"))

    def execute(self) -> None: ...


class Fit(Task):
    model: Param[Model]

    def execute(self) -> None: ...


class Weights(Config):
    x: Param[int]


class WithOutputs(Task):
    x: Param[int]

    def task_outputs(self, dep: Any) -> Any:
        return [dep(Weights.C(x=self.x))]

    def execute(self) -> None: ...


class WithSubmit(WithOutputs):
    def __submit__(self, dep: Any, add_action: Any) -> Any:
        return {"weights": dep(Weights.C(x=self.x)), "action": add_action}


class Empty(Task):
    x: Param[int]


class Checked(Task):
    low: Param[int]
    high: Param[int]

    def __validate__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")

    def execute(self) -> None: ...


class Learn(ResumableTask):
    weights: Param[Weights]

    def execute(self) -> None: ...


class Watched(Config):
    x: Param[int]

    def output(self, dep: Any, step: int) -> Weights:
        return dep(Weights.C(x=step))  # type: ignore[no-any-return]


budget = param_group("budget")


class Tune(Task):
    shared = partial(exclude_groups=[budget])
    steps: Param[int] = field(groups=[budget])
    seed: Param[int]
    best: Meta[Path] = field(default_factory=PathGenerator("best.txt", partial=shared))

    def execute(self) -> None: ...


class Defaulted(Task):
    model: Param[Model] = field(default=Model.C(size=1), ignore_default=True)

    def execute(self) -> None: ...


def test_a_submitted_task_is_its_own_output_and_has_a_job(experiment: Any) -> None:
    task = Train.C(x=1)
    assert task.submit() is task
    assert task.job is not None
    identifier = str(task.__xpm__.identifier)
    assert task.job.identifier == identifier
    name = str(task.__xpm__.xpmtype.name)
    assert task.jobpath == experiment.workspace_path / "jobs" / name / identifier
    assert task.stdout() == task.jobpath / "train.out"
    assert task.stderr() == task.jobpath / "train.err"
    assert task.wait() == "done"


def test_the_submitter_gets_a_sealed_task_that_is_its_own_producer(experiment: Any) -> None:
    task = Train.C(x=1)
    task.submit(launcher="here", max_retries=2, transient=TransientMode.REMOVE)
    ((given, request),) = experiment.requests
    assert given is task
    assert task.__xpm__.sealed
    assert task.__xpm__.task is task
    assert (request.launcher, request.max_retries) == ("here", 2)
    assert request.transient is TransientMode.REMOVE


def test_generated_paths_lie_in_the_folder_of_the_job(experiment: Any) -> None:
    task = Train.C(x=1)
    task.submit()
    assert task.out == task.jobpath / "out.txt"
    fit = Fit.C(model=Model.C(size=1))
    fit.submit()
    assert fit.model.cache == fit.jobpath / "out" / "model" / "cache"


def test_jobs_that_share_a_partial_share_its_folder(experiment: Any) -> None:
    first, second = Tune.C(steps=1, seed=3), Tune.C(steps=2, seed=3)
    first.submit()
    second.submit()
    assert first.jobpath != second.jobpath
    assert first.best == second.best
    assert first.best.is_relative_to(experiment.workspace_path / "partials")


def test_the_folder_is_named_by_the_identifier_that_sealing_leads_to(experiment: Any) -> None:
    task = Defaulted.C()
    before = str(task.__xpm__.identifier)
    task.submit()
    assert str(task.__xpm__.identifier) != before, "generated paths make the default differ"
    assert task.model.cache.is_relative_to(task.jobpath)


def test_the_identifier_of_equal_tasks_is_equal(experiment: Any) -> None:
    first, second = Train.C(x=1), Train.C(x=1)
    first.submit()
    second.submit()
    assert str(first.__xpm__.identifier) == str(second.__xpm__.identifier)


def test_init_tasks_are_part_of_the_identifier(experiment: Any) -> None:
    plain, seeded = Train.C(x=1), Train.C(x=1)
    plain.submit()
    seeded.submit(init_tasks=[Seed.C(seed=1)])
    assert str(plain.__xpm__.identifier) != str(seeded.__xpm__.identifier)
    assert [task.seed for task in experiment.requests[1][1].init_tasks] == [1]


def test_tags_can_be_stopped_at_an_init_task(experiment: Any) -> None:
    task = Train.C(x=1)
    task.submit(init_tasks=[stop_tags(Seed.C(seed=1))])
    assert task.__xpm__.init_tasks[0].seed == 1


@pytest.mark.parametrize("wrong", [3, Seed, Weights.C(x=1)])
def test_what_is_no_lightweight_task_is_refused_as_an_init_task(
    experiment: Any, wrong: Any
) -> None:
    with pytest.raises(SubmitError, match="init task"):
        Train.C(x=1).submit(init_tasks=[wrong])


def test_a_tag_around_an_init_task_is_refused(experiment: Any) -> None:
    with pytest.raises(SubmitError, match="init task"):
        Train.C(x=1).submit(init_tasks=[tag(Seed.C(seed=1))])


def test_a_second_submission_says_where_the_first_was(experiment: Any) -> None:
    task = Train.C(x=1)
    task.submit()
    with pytest.raises(SubmitError, match=r"test_submission\.py:\d+"):
        task.submit()


def test_without_an_experiment_the_error_says_what_to_do() -> None:
    with pytest.raises(SubmitError, match=r"with experiment\(.*execute\(\)"):
        Train.C(x=1).submit()


def test_a_dry_run_needs_no_experiment() -> None:
    task = Train.C(x=1)
    assert task.submit(run_mode=RunMode.DRY_RUN) is task
    assert task.job is None
    assert task.__xpm__.task is task


def test_a_task_refused_by_the_experiment_can_be_submitted_again(experiment: Any) -> None:
    task = Train.C(x=1)

    def refuse(*_: Any) -> Any:
        raise RuntimeError("stopped")

    experiment.submit, accept = refuse, experiment.submit
    with pytest.raises(RuntimeError, match="stopped"):
        task.submit()
    assert task.__xpm__.task is None
    experiment.submit = accept
    task.submit()
    assert task.job is not None


def test_a_missing_value_is_told_with_its_name(experiment: Any) -> None:
    with pytest.raises(ConfigError, match="x"):
        Train.C().submit()  # type: ignore[call-arg]
    assert experiment.requests == []


def test_validate_is_called_before_submission(experiment: Any) -> None:
    with pytest.raises(ValueError, match="low is above high"):
        Checked.C(low=2, high=1).submit()
    assert experiment.requests == []


def test_a_task_without_execute_is_refused(experiment: Any) -> None:
    with pytest.raises(SubmitError, match=r"execute\(self\)"):
        Empty.C(x=1).submit()


def test_a_value_object_is_no_task_to_submit(experiment: Any) -> None:
    task = Seedless.C(x=1).instance()
    with pytest.raises(SubmitError, match=r"\.C\("):
        task.submit()


class Seedless(Task):
    x: Param[int]

    def execute(self) -> None: ...


def test_outputs_are_those_of_task_outputs(experiment: Any) -> None:
    task = WithOutputs.C(x=3)
    outputs: Any = task.submit()
    (weights,) = outputs
    assert weights.x == 3
    assert weights.__xpm__.task is task


def test_submit_comes_before_task_outputs_and_can_add_actions(experiment: Any) -> None:
    outputs: Any = WithSubmit.C(x=3).submit()
    assert outputs["weights"].x == 3
    assert outputs["action"] == experiment.add_action


def test_outside_an_experiment_there_is_no_action_to_add() -> None:
    outputs: Any = WithSubmit.C(x=3).submit(run_mode=RunMode.DRY_RUN)
    assert outputs["action"] is None


def test_watched_outputs_and_callbacks_reach_the_submitter(experiment: Any) -> None:
    watched = Watched.C(x=1)
    calls: list[Any] = []
    task = Learn.C(weights=Weights.C(x=1))
    task.watch_output(watched.output, calls.append).on_completed(lambda: None)
    task.submit()
    ((_, request),) = experiment.requests
    assert [(w.config, w.method, w.callback) for w in request.watched] == [
        (watched, "output", calls.append)
    ]
    assert len(request.on_completed) == 1


def test_only_resumable_tasks_have_outputs_to_watch() -> None:
    with pytest.raises(TypeError, match="ResumableTask"):
        Train.C(x=1).watch_output(Watched.C(x=1).output, print)


def test_only_methods_of_configurations_can_be_watched() -> None:
    with pytest.raises(TypeError, match="method of a configuration"):
        Learn.C(weights=Weights.C(x=1)).watch_output(print, print)


def test_an_output_watched_after_the_submission_is_the_affair_of_the_job(experiment: Any) -> None:
    task = Learn.C(weights=Weights.C(x=1))
    task.submit()
    method = Watched.C(x=1).output
    task.watch_output(method, print)
    assert task.__xpm__.job.watched == [(method, print)]


def test_it_is_too_late_for_a_callback_once_submitted(experiment: Any) -> None:
    task = Learn.C(weights=Weights.C(x=1))
    task.submit()
    with pytest.raises(SubmitError, match=r"test_submission\.py"):
        task.on_completed(lambda: None)


class JavaHome(SubmitHook):
    def __init__(self, path: str) -> None:
        self.path = path

    def spec(self) -> str:
        return self.path

    def process(self, job: Any, launcher: Any) -> None:
        job.environ["JAVA_HOME"] = self.path


@JavaHome("/opt/java")
class Index(Config):
    x: Param[int]


@JavaHome("/opt/java")
class Search(Task):
    index: Param[Index]

    def execute(self) -> None: ...


@JavaHome("/opt/other")
class SearchMore(Search):
    pass


def test_equal_hooks_of_two_classes_are_applied_once(experiment: Any) -> None:
    Search.C(index=Index.C(x=1)).submit()
    ((_, request),) = experiment.requests
    assert request.hooks == (JavaHome("/opt/java"),)


def test_hooks_are_inherited() -> None:
    hooks = submit_hooks(SearchMore.C(index=Index.C(x=1)))
    assert [hook.spec() for hook in hooks] == ["/opt/java", "/opt/other"]


def test_hooks_of_other_tasks_do_not_apply(experiment: Any) -> None:
    search = Search.C(index=Index.C(x=1))
    search.submit()
    assert submit_hooks(After.C(search=search)) == []


class After(Task):
    search: Param[Search]

    def execute(self) -> None: ...


class Step(Task):
    previous: Param[Config | None] = field(default=None)
    x: Param[int]
    validated: list[int] = []

    def __validate__(self) -> None:
        self.validated.append(self.x)

    def execute(self) -> None: ...


def test_each_task_of_a_chain_is_validated_once(experiment: Any) -> None:
    previous = None
    for x in range(4):
        previous = Step.C(previous=previous, x=x)
        previous.submit()
    assert Step.validated == [0, 1, 2, 3]
