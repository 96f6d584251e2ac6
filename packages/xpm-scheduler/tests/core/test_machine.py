"""The rules of the core, one at a time."""

from __future__ import annotations

from xpm_config.modes import TransientMode
from xpm_scheduler.core import (
    Attach,
    CapacityChanged,
    Core,
    Effect,
    Ended,
    Forgotten,
    Found,
    Input,
    JobKey,
    LauncherKey,
    LookUp,
    Lost,
    OnDisk,
    Resubmitted,
    Start,
    StartAbandoned,
    Started,
    StateChanged,
    Submitted,
    WaitingForDependency,
    WaitingForNeed,
    WaitingForSlot,
    Withdrawn,
)
from xpm_store.states import FailureReason, JobState

LAUNCHER = LauncherKey(0)
A, B, C, D = (JobKey(n) for n in range(4))


class Bench:
    """A core with one launcher, told things in a few words."""

    def __init__(self, capacity: int | None = None) -> None:
        self.core = Core()
        self.core.handle(CapacityChanged(LAUNCHER, capacity))

    def tell(self, *inputs: Input) -> list[Effect]:
        return [effect for one in inputs for effect in self.core.handle(one)]

    def submit(
        self,
        job: JobKey,
        *dependencies: JobKey,
        found: OnDisk | None = OnDisk.NOT_DONE,
        resumable: bool = False,
        max_retries: int = 0,
        transient: TransientMode = TransientMode.NONE,
    ) -> list[Effect]:
        effects = self.tell(
            Submitted(job, LAUNCHER, dependencies, resumable, max_retries, transient)
        )
        return effects + (self.tell(Found(job, found)) if found else [])

    def states(self, *jobs: JobKey) -> list[JobState]:
        return [self.core.state(job) for job in jobs]


def starts(effects: list[Effect]) -> list[JobKey]:
    return [effect.job for effect in effects if isinstance(effect, Start)]


def test_a_job_found_done_is_not_started() -> None:
    bench = Bench()
    effects = bench.submit(A, found=OnDisk.DONE)
    assert effects == [LookUp(A), StateChanged(A, JobState.DONE)]


def test_a_job_found_running_is_attached_and_takes_a_slot() -> None:
    bench = Bench(capacity=1)
    assert Attach(A) in bench.submit(A, found=OnDisk.RUNNING)
    assert starts(bench.submit(B)) == []
    assert bench.core.waiting_for(B) == WaitingForSlot(LAUNCHER)
    assert starts(bench.tell(Ended(A))) == [B]


def test_a_process_that_is_gone_before_it_is_attached_is_looked_up_again() -> None:
    bench = Bench(capacity=1)
    bench.submit(A, found=OnDisk.RUNNING)
    assert LookUp(A) in bench.tell(Lost(A))
    assert starts(bench.tell(Found(A, OnDisk.NOT_DONE))) == [A]


def test_a_diamond_runs_in_order() -> None:
    bench = Bench()
    assert starts(bench.submit(A)) == [A]
    assert starts(bench.submit(B, A)) == []
    assert starts(bench.submit(C, A)) == []
    assert starts(bench.submit(D, B, C, B)) == []
    assert bench.core.waiting_for(D) == WaitingForDependency(B, 2)
    assert starts(bench.tell(Started(A), Ended(A))) == [B, C]
    assert starts(bench.tell(Ended(B))) == []
    assert bench.core.waiting_for(D) == WaitingForDependency(C, 1)
    assert starts(bench.tell(Ended(C))) == [D]
    bench.tell(Ended(D))
    assert bench.states(A, B, C, D) == [JobState.DONE] * 4


def test_a_failure_fails_all_that_depend_on_it_and_nothing_else() -> None:
    bench = Bench()
    bench.submit(A)
    bench.submit(B, A)
    bench.submit(C, B)
    bench.submit(D)
    effects = bench.tell(Ended(A, FailureReason.FAILED))
    assert effects == [
        StateChanged(A, JobState.ERROR, FailureReason.FAILED),
        StateChanged(B, JobState.ERROR, FailureReason.DEPENDENCY),
        StateChanged(C, JobState.ERROR, FailureReason.DEPENDENCY),
    ]
    assert bench.states(D) == [JobState.SCHEDULED]


def test_a_job_submitted_after_its_dependency_failed_fails_at_once() -> None:
    bench = Bench()
    bench.submit(A)
    bench.tell(Ended(A, FailureReason.FAILED))
    assert bench.submit(B, A)[-1] == StateChanged(B, JobState.ERROR, FailureReason.DEPENDENCY)


def test_no_more_jobs_than_slots_first_come_first_served() -> None:
    bench = Bench(capacity=2)
    assert [starts(bench.submit(job)) for job in (A, B, C, D)] == [[A], [B], [], []]
    assert starts(bench.tell(Ended(B))) == [C]
    assert starts(bench.tell(Ended(A))) == [D]


def test_more_slots_start_more_jobs() -> None:
    bench = Bench(capacity=1)
    for job in (A, B, C):
        bench.submit(job)
    assert starts(bench.tell(CapacityChanged(LAUNCHER, 3))) == [B, C]


def test_a_timeout_of_a_resumable_job_is_retried_as_many_times_as_asked() -> None:
    bench = Bench()
    bench.submit(A, resumable=True, max_retries=2)
    assert Start(A, 1) in bench.tell(Ended(A, FailureReason.TIMEOUT))
    assert Start(A, 2) in bench.tell(Ended(A, FailureReason.TIMEOUT))
    assert bench.tell(Ended(A, FailureReason.TIMEOUT)) == [
        StateChanged(A, JobState.ERROR, FailureReason.TIMEOUT)
    ]


def test_only_timeouts_are_retried() -> None:
    bench = Bench()
    bench.submit(A, resumable=True, max_retries=2)
    bench.submit(B, max_retries=2)
    assert starts(bench.tell(Ended(A, FailureReason.FAILED))) == []
    assert starts(bench.tell(Ended(B, FailureReason.TIMEOUT))) == []


def test_a_job_waiting_for_a_slot_goes_before_a_retry() -> None:
    bench = Bench(capacity=1)
    bench.submit(A, resumable=True, max_retries=1)
    bench.submit(B)
    assert starts(bench.tell(Ended(A, FailureReason.TIMEOUT))) == [B]
    assert starts(bench.tell(Ended(B))) == [A]


def test_a_transient_job_that_nothing_needs_stays_dormant() -> None:
    bench = Bench()
    assert starts(bench.submit(A, transient=TransientMode.TRANSIENT)) == []
    assert bench.core.waiting_for(A) == WaitingForNeed()
    assert starts(bench.submit(B, A, found=OnDisk.DONE)) == []
    assert bench.states(A) == [JobState.TRANSIENT]


def test_a_chain_of_transient_jobs_wakes_up_when_a_job_that_has_to_run_needs_it() -> None:
    bench = Bench()
    bench.submit(A, transient=TransientMode.REMOVE)
    bench.submit(B, A, transient=TransientMode.TRANSIENT)
    assert bench.states(A, B) == [JobState.TRANSIENT] * 2
    assert starts(bench.submit(C, B)) == [A]
    assert bench.states(A, B, C) == [JobState.SCHEDULED, JobState.WAITING, JobState.WAITING]


def test_a_transient_job_needed_before_it_was_looked_up_runs() -> None:
    bench = Bench()
    bench.submit(A, transient=TransientMode.TRANSIENT, found=None)
    bench.submit(B, A)
    assert starts(bench.tell(Found(A, OnDisk.NOT_DONE))) == [A]


def test_the_most_conservative_of_two_wishes_wins() -> None:
    bench = Bench()
    bench.submit(A, transient=TransientMode.TRANSIENT)
    assert starts(bench.tell(Resubmitted(A, transient=TransientMode.NONE))) == [A]


def test_a_withdrawn_job_is_never_started_and_a_running_one_goes_on() -> None:
    bench = Bench(capacity=1)
    bench.submit(A)
    bench.submit(B)
    bench.tell(Started(A))
    assert bench.tell(Withdrawn(A), Withdrawn(B)) == [StateChanged(B, JobState.UNSCHEDULED)]
    assert starts(bench.tell(Ended(A))) == []
    assert B not in bench.core
    assert bench.states(A) == [JobState.DONE]


def test_a_withdrawn_job_is_not_retried() -> None:
    bench = Bench()
    bench.submit(A, resumable=True, max_retries=3)
    bench.tell(Withdrawn(A))
    assert starts(bench.tell(Ended(A, FailureReason.TIMEOUT))) == []


def test_a_start_given_up_frees_its_slot() -> None:
    bench = Bench(capacity=1)
    bench.submit(A)
    bench.submit(B)
    bench.tell(Withdrawn(A))
    assert starts(bench.tell(StartAbandoned(A))) == [B]


def test_a_finished_job_can_be_forgotten() -> None:
    bench = Bench()
    bench.submit(A, found=OnDisk.DONE)
    bench.submit(B)
    bench.tell(Forgotten(A), Forgotten(B))
    assert list(bench.core) == [B]


def test_a_job_with_fifty_thousand_dependencies_starts_when_the_last_is_done() -> None:
    bench = Bench()
    last = JobKey(50_000)
    for number in range(50_000):
        bench.submit(JobKey(number))
    bench.submit(last, *(JobKey(number) for number in range(50_000)))
    ends = [bench.tell(Ended(JobKey(number))) for number in range(50_000)]
    assert [starts(effects) for effects in ends[-2:]] == [[], [last]]


def test_the_failure_of_the_first_job_of_a_long_chain_reaches_the_last() -> None:
    bench = Bench()
    bench.submit(JobKey(0))
    for number in range(1, 10_000):
        bench.submit(JobKey(number), JobKey(number - 1))
    assert len(bench.tell(Ended(JobKey(0), FailureReason.FAILED))) == 10_000
    assert bench.states(JobKey(9_999)) == [JobState.ERROR]
