"""Jobs that need what is shared: in order, none passed by, none held up by another need."""

from __future__ import annotations

from xpm_scheduler.core import (
    CapacityChanged,
    Core,
    Effect,
    Ended,
    Found,
    Input,
    JobKey,
    LauncherKey,
    OnDisk,
    Refused,
    SharedChanged,
    SharedKey,
    Start,
    StartAbandoned,
    Started,
    Submitted,
    Unwatch,
    WaitingForShared,
    Watch,
    Withdrawn,
)
from xpm_store.states import FailureReason, JobState

LAUNCHER = LauncherKey(0)
A, B, C, D = (JobKey(n) for n in range(4))
GPU, DISK = SharedKey(0), SharedKey(1)


class Bench:
    """A core with one launcher, told things in a few words."""

    def __init__(self, capacity: int | None = None) -> None:
        self.core = Core()
        self.core.handle(CapacityChanged(LAUNCHER, capacity))

    def tell(self, *inputs: Input) -> list[Effect]:
        return [effect for one in inputs for effect in self.core.handle(one)]

    def submit(self, job: JobKey, *demands: SharedKey, max_retries: int = 0) -> list[JobKey]:
        submitted = Submitted(
            job, LAUNCHER, resumable=True, max_retries=max_retries, demands=demands
        )
        return self.starts(submitted, Found(job, OnDisk.NOT_DONE))

    def starts(self, *inputs: Input) -> list[JobKey]:
        return [effect.job for effect in self.tell(*inputs) if isinstance(effect, Start)]


def test_a_job_that_is_refused_waits_without_a_slot_and_is_tried_again() -> None:
    bench = Bench(capacity=1)
    assert bench.submit(A, GPU) == [A]
    assert bench.submit(B) == []
    effects = bench.tell(Refused(A, GPU))
    assert Watch(GPU) in effects
    assert Start(B) in effects
    assert bench.core.waiting_for(A) == WaitingForShared(GPU)
    assert bench.starts(SharedChanged(GPU)) == []  # B has the slot
    assert bench.core.state(A) is JobState.READY
    assert bench.starts(Started(B), Ended(B)) == [A]
    assert Unwatch(GPU) in bench.tell(Started(A))


def test_what_changes_while_a_job_is_tried_is_not_lost() -> None:
    bench = Bench()
    bench.submit(A, GPU)
    bench.tell(Refused(A, GPU))
    assert bench.starts(SharedChanged(GPU)) == [A]
    assert bench.starts(SharedChanged(GPU)) == []
    assert bench.starts(Refused(A, GPU)) == [A]
    assert bench.starts(Refused(A, GPU)) == []


def test_a_small_request_does_not_pass_a_large_one_that_was_refused() -> None:
    bench = Bench()
    bench.submit(A, GPU)
    bench.tell(Refused(A, GPU))
    assert bench.submit(B, GPU) == []
    assert bench.core.waiting_for(B) == WaitingForShared(GPU)
    assert bench.starts(SharedChanged(GPU)) == [A]
    assert bench.starts(Started(A)) == [B]


def test_a_job_that_needs_something_else_passes_by() -> None:
    bench = Bench()
    bench.submit(A, GPU)
    bench.tell(Refused(A, GPU))
    assert bench.submit(B, DISK) == [B]
    assert bench.submit(C) == [C]


def test_a_job_that_waits_for_one_thing_does_not_keep_others_from_the_other() -> None:
    bench = Bench()
    bench.submit(A, DISK, GPU)
    bench.tell(Refused(A, GPU))
    assert bench.submit(B, DISK) == [B]


def test_a_job_refused_one_thing_then_the_other_again_and_again_ends_up_first_for_both() -> None:
    bench = Bench()
    bench.submit(A, DISK, GPU)
    for _ in range(5):
        bench.tell(Refused(A, GPU), SharedChanged(GPU), Refused(A, DISK), SharedChanged(DISK))
    bench.tell(Refused(A, GPU))
    assert bench.submit(B, DISK) == bench.submit(C, GPU) == []
    assert bench.starts(SharedChanged(DISK)) == [A]
    assert sorted(bench.starts(Started(A))) == [B, C]


def test_the_withdrawal_of_the_first_lets_the_next_try() -> None:
    bench = Bench()
    bench.submit(A, GPU)
    bench.tell(Refused(A, GPU))
    bench.submit(B, GPU)
    assert bench.starts(Withdrawn(A)) == [B]
    effects = bench.tell(Withdrawn(B), Refused(B, GPU))
    assert Unwatch(GPU) in effects
    assert list(bench.core) == []


def test_a_withdrawn_job_that_has_taken_its_part_gives_it_up() -> None:
    bench = Bench(capacity=1)
    bench.submit(A, GPU)
    bench.submit(B)
    bench.tell(Withdrawn(A))
    assert bench.starts(StartAbandoned(A)) == [B]
    assert A not in bench.core


def test_a_retry_goes_behind_those_that_wait() -> None:
    bench = Bench()
    bench.submit(A, GPU, max_retries=1)
    bench.tell(Started(A))
    bench.submit(B, GPU)
    bench.tell(Refused(B, GPU))
    assert bench.starts(Ended(A, FailureReason.TIMEOUT)) == []
    assert bench.starts(SharedChanged(GPU)) == [B]
    assert bench.starts(Started(B)) == [A]


def test_an_older_job_that_is_refused_goes_before_a_younger_one_that_waits() -> None:
    bench = Bench()
    bench.submit(A, GPU)
    bench.submit(B, GPU)
    bench.tell(Refused(B, GPU))
    assert bench.starts(Refused(A, GPU)) == [A]  # it may have missed a change
    bench.tell(Refused(A, GPU))
    assert bench.starts(SharedChanged(GPU)) == [A]
    assert bench.core.state(B) is JobState.WAITING


def test_ten_thousand_jobs_wait_for_one_thing_and_each_gets_it() -> None:
    bench = Bench()
    keys = [JobKey(number) for number in range(10_000)]
    bench.submit(keys[0], GPU)
    bench.tell(Refused(keys[0], GPU))
    for key in keys[1:]:
        assert bench.submit(key, GPU) == []
    started = bench.starts(SharedChanged(GPU))
    for key in keys:
        assert started == [key]
        started = bench.starts(Started(key), Ended(key))
    assert started == []
