"""Which job gets the next slot: the one that most others wait behind."""

from __future__ import annotations

from xpm_scheduler.core import (
    CapacityChanged,
    Core,
    Ended,
    Found,
    JobKey,
    LauncherKey,
    OnDisk,
    Start,
    Submitted,
)

LAUNCHER = LauncherKey(0)


def submit(core: Core, job: int, *dependencies: int) -> None:
    keys = tuple(JobKey(number) for number in dependencies)
    core.handle(Submitted(JobKey(job), LAUNCHER, keys))
    core.handle(Found(JobKey(job), OnDisk.NOT_DONE))


def order(core: Core, first: int) -> list[int]:
    """Ends each job as it is started: the order in which they were."""
    found = [first]
    while effects := [
        effect for effect in core.handle(Ended(JobKey(found[-1]))) if isinstance(effect, Start)
    ]:
        found += [effect.job for effect in effects]
    return found


def one_slot() -> Core:
    core = Core()
    core.handle(CapacityChanged(LAUNCHER, 1))
    return core


def test_the_longest_chain_goes_first_whenever_it_was_submitted() -> None:
    core = one_slot()
    for job in range(3):
        submit(core, job)
    submit(core, 10)
    submit(core, 11, 10)
    submit(core, 12, 11)
    submit(core, 20)
    submit(core, 21, 20)
    assert order(core, 0) == [0, 10, 20, 11, 1, 2, 21, 12]


def test_equals_go_in_the_order_of_their_submission() -> None:
    core = one_slot()
    for job in range(5):
        submit(core, job)
    assert order(core, 0) == [0, 1, 2, 3, 4]


def test_a_chain_of_any_length_costs_a_bounded_number_of_steps_per_job() -> None:
    core = one_slot()
    submit(core, 0)
    submit(core, 1)
    for job in range(2, 20_000):
        submit(core, job, job - 1)
    assert order(core, 0)[-1] == 19_999
