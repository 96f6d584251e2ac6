"""A thousand random histories of a small world: a disk, processes, tokens, schedulers that die.

The world does what the shell does with effects, in any order that a real one could take. It
checks at each step that no rule is broken, and at the end that every job is where the model says.
One seed again:

    pytest "packages/xpm-scheduler/tests/core/test_simulation.py" -k seed0042
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from xpm_config.modes import TransientMode
from xpm_scheduler.core import (
    Attach,
    CapacityChanged,
    Core,
    Ended,
    Found,
    Input,
    JobKey,
    LauncherKey,
    LookUp,
    Lost,
    OnDisk,
    Refused,
    SharedChanged,
    SharedKey,
    Start,
    Started,
    StateChanged,
    Submitted,
    Unwatch,
    Watch,
)
from xpm_store.states import FailureReason, JobState

LAUNCHERS = (LauncherKey(0), LauncherKey(1))
TOTALS = {SharedKey(0): 1, SharedKey(1): 2, SharedKey(2): 5}
STRANGER = JobKey(-1)
"""The job of another scheduler, that takes and gives back units of the same tokens."""


@dataclass
class Job:
    """A task of the drawn graph: what it depends on, and what its executions give, in order."""

    key: JobKey
    launcher: LauncherKey
    dependencies: tuple[JobKey, ...]
    transient: TransientMode
    fails: bool
    timeouts: int
    max_retries: int
    demands: dict[SharedKey, int]

    @property
    def own_reasons(self) -> set[FailureReason]:
        """Why it may end badly by itself: after a restart, timeouts are counted afresh."""
        reasons = {FailureReason.FAILED} if self.fails else set()
        return reasons | ({FailureReason.TIMEOUT} if self.timeouts > self.max_retries else set())


@dataclass
class Disk:
    """What outlives a scheduler."""

    done: set[JobKey] = field(default_factory=set)
    running: set[JobKey] = field(default_factory=set)
    timeouts: dict[JobKey, int] = field(default_factory=dict)
    executions: dict[JobKey, int] = field(default_factory=dict)
    held: dict[tuple[JobKey, SharedKey], int] = field(default_factory=dict)

    def used(self, shared: SharedKey) -> int:
        return sum(count for (_, key), count in self.held.items() if key == shared)


class World:
    """A graph, a disk, and a scheduler that is killed now and then."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.jobs = self._draw_jobs()
        self.capacity = {launcher: self.random.choice((1, 2, 3, None)) for launcher in LAUNCHERS}
        self.disk = Disk()
        self.restarts = self.random.choice((0, 0, 1, 2, 4))
        self.stranger_wishes = self.random.choice((0, 0, 3, 10))
        self._new_scheduler()

    def _draw_jobs(self) -> list[Job]:
        jobs: list[Job] = []
        for number in range(self.random.randint(1, 24)):
            earlier = [job.key for job in jobs]
            count = self.random.randint(0, min(4, len(earlier)))
            transient = self.random.choice((0, 0, 0, 1, 2))
            jobs.append(
                Job(
                    JobKey(number),
                    self.random.choice(LAUNCHERS),
                    tuple(self.random.sample(earlier, count)),
                    TransientMode(transient),
                    fails=self.random.random() < 0.15,
                    timeouts=self.random.choice((0, 0, 0, 1, 2, 3)),
                    max_retries=self.random.choice((0, 2, 3)),
                    demands=self._draw_demands(),
                )
            )
        return jobs

    def _draw_demands(self) -> dict[SharedKey, int]:
        wanted = self.random.sample(sorted(TOTALS), self.random.choice((0, 0, 1, 1, 2, 3)))
        return {key: self.random.randint(1, TOTALS[key]) for key in wanted}

    def _new_scheduler(self) -> None:
        """The last one, if any, was killed: nothing but the disk is left."""
        self.core = Core()
        self.states: dict[JobKey, JobState] = {}
        self.reasons: dict[JobKey, FailureReason | None] = {}
        self.attached: set[JobKey] = set()
        self.started: set[JobKey] = set()
        self.inbox: list[Input] = []
        self.watched: set[SharedKey] = set()
        for launcher, capacity in self.capacity.items():
            self.core.handle(CapacityChanged(launcher, capacity))
        self.to_submit = [
            Submitted(
                job.key,
                job.launcher,
                job.dependencies,
                resumable=True,
                max_retries=job.max_retries,
                transient=job.transient,
                demands=tuple(job.demands),
            )
            for job in self.jobs
        ]

    # --- the histories

    def run(self) -> None:
        """Runs until nothing can happen any more."""
        while True:
            if self.restarts and self.random.random() < 0.02:
                self.restarts -= 1
                self._new_scheduler()
            choices = []
            if self.to_submit:
                choices.append(self._submit)
            if self.inbox:
                choices.append(self._tell)
            if self.disk.running:
                choices.append(self._end_a_process)
            if self.stranger_wishes or self._stranger_holds():
                choices.append(self._stranger)
            if not choices:
                if not self.restarts:
                    return
                self.restarts -= 1
                self._new_scheduler()
                continue
            self.random.choice(choices)()

    def _submit(self) -> None:
        self._handle(self.to_submit.pop(0))

    def _tell(self) -> None:
        self._handle(self.inbox.pop(self.random.randrange(len(self.inbox))))

    def _end_a_process(self) -> None:
        key = self.random.choice(sorted(self.disk.running))
        if any(isinstance(input, Started) and input.job == key for input in self.inbox):
            return  # the shell tells the start before the end
        self.disk.running.remove(key)
        job = self.jobs[key]
        self._free(key, sorted(job.demands))
        reason: FailureReason | None = None
        if self.disk.timeouts.get(key, 0) < job.timeouts:
            self.disk.timeouts[key] = self.disk.timeouts.get(key, 0) + 1
            reason = FailureReason.TIMEOUT
        elif job.fails:
            reason = FailureReason.FAILED
        else:
            self.disk.done.add(key)
        if key in self.attached | self.started:
            self.attached.discard(key)
            self.started.discard(key)
            self.inbox.append(Ended(key, reason))

    def _stranger_holds(self) -> list[SharedKey]:
        return sorted(key for job, key in self.disk.held if job == STRANGER)

    def _stranger(self) -> None:
        """Another scheduler takes units, as many as there are, or gives back what it had."""
        if held := self._stranger_holds():
            self._free(STRANGER, held)
            return
        self.stranger_wishes -= 1
        key = self.random.choice(sorted(TOTALS))
        if free := TOTALS[key] - self.disk.used(key):
            self.disk.held[STRANGER, key] = self.random.randint(1, free)

    def _free(self, job: JobKey, keys: list[SharedKey]) -> None:
        for key in keys:
            del self.disk.held[job, key]
            if key in self.watched:
                self.inbox.append(SharedChanged(key))

    def _handle(self, input: Input) -> None:
        for effect in self.core.handle(input):
            if isinstance(effect, StateChanged):
                self.states[effect.job] = effect.state
                self.reasons[effect.job] = effect.reason
            elif isinstance(effect, LookUp):
                self.inbox.append(Found(effect.job, self._on_disk(effect.job)))
            elif isinstance(effect, Attach):
                if effect.job in self.disk.running:
                    self.attached.add(effect.job)
                else:
                    self.inbox.append(Lost(effect.job))
            elif isinstance(effect, Watch):
                assert effect.shared not in self.watched
                self.watched.add(effect.shared)
                self.inbox.append(SharedChanged(effect.shared))
            elif isinstance(effect, Unwatch):
                self.watched.remove(effect.shared)
            else:
                self._start(effect)

    def _on_disk(self, key: JobKey) -> OnDisk:
        if key in self.disk.done:
            return OnDisk.DONE
        return OnDisk.RUNNING if key in self.disk.running else OnDisk.NOT_DONE

    def _start(self, effect: Start) -> None:
        """What the shell does once it has the lock: the rules are checked here."""
        job = self.jobs[effect.job]
        if job.key in self.disk.done:  # somebody else did it since it was looked up
            self.inbox.append(Ended(job.key))
            return
        assert job.key not in self.disk.running, f"job {job.key} runs already"
        missing = set(job.dependencies) - self.disk.done
        assert not missing, f"job {job.key} was started before {missing}"
        for shared, count in job.demands.items():
            if self.disk.used(shared) + count > TOTALS[shared]:
                self.inbox.append(Refused(job.key, shared))
                return
        self.disk.held.update({(job.key, key): count for key, count in job.demands.items()})
        self.disk.running.add(job.key)
        self.disk.executions[job.key] = self.disk.executions.get(job.key, 0) + 1
        self.started.add(job.key)
        running = [key for key in self.started if self.jobs[key].launcher == job.launcher]
        capacity = self.capacity[job.launcher]
        assert capacity is None or len(running) <= capacity, f"{len(running)} jobs at once"
        self.inbox.append(Started(job.key))

    # --- the model

    def check_end(self) -> None:
        """Every job is where the model says that it must be."""
        assert not self.disk.held
        assert not self.watched
        dormant: set[JobKey] = set()
        ends: dict[JobKey, FailureReason | None] = {}
        for job in self.jobs:
            key = job.key
            found = (self.states[key], self.reasons[key])
            if key in self.disk.done:
                ends[key] = None
                assert found == (JobState.DONE, None), f"job {key}: {found}"
                assert not job.fails
            elif found == (JobState.TRANSIENT, None):
                ends[key] = None
                assert job.transient.is_transient
                dormant.add(key)
            elif any(ends[other] is not None for other in job.dependencies):
                ends[key] = FailureReason.DEPENDENCY
                assert found == (JobState.ERROR, FailureReason.DEPENDENCY), f"job {key}: {found}"
            else:
                ends[key] = self.reasons[key]
                assert found[0] is JobState.ERROR, f"job {key}: {found}"
                assert found[1] in job.own_reasons
            limit = 1 + self.disk.timeouts.get(key, 0)
            if key in self.disk.done:
                assert self.disk.executions[key] == limit, f"job {key} ran again once done"

        for job in self.jobs:
            if dormant.intersection(job.dependencies) and job.key not in dormant:
                may_sleep = job.key in self.disk.done or ends[job.key] is FailureReason.DEPENDENCY
                assert may_sleep, f"job {job.key} needs a job that sleeps"


@pytest.mark.parametrize("seed", range(1000), ids=lambda seed: f"seed{seed:04}")
def test_a_random_history_breaks_no_rule_and_ends_as_the_model_says(seed: int) -> None:
    world = World(seed)
    world.run()
    world.check_end()
