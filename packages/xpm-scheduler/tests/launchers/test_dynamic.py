"""A launcher for each job, chosen among several."""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest
from xpm_scheduler.launchers.base import Launcher
from xpm_scheduler.launchers.dynamic import DynamicLauncher, choose_launcher
from xpm_scheduler.launchers.errors import UnknownProcess
from xpm_scheduler.launchers.local import DirectLauncher
from xpm_store.records import ProcessRecord


def direct(priority: float) -> DirectLauncher:
    return DirectLauncher(priority=priority, warm=False)


def test_the_highest_priority_is_chosen_equals_in_turn_by_chance() -> None:
    low, one, other = direct(1), direct(2), direct(2)
    launcher = DynamicLauncher([low, one, other])
    assert list(launcher.launchers)[-1] is low
    assert {id(launcher.select_launcher()) for _ in range(100)} == {id(one), id(other)}


def test_sampling_follows_the_priorities() -> None:
    rare, common = direct(1), direct(9)
    launcher = DynamicLauncher([rare, common], sample=True)
    drawn = Counter(id(launcher.select_launcher()) for _ in range(1000))
    assert 0 < drawn[id(rare)] < drawn[id(common)]


def test_sampling_needs_priorities_above_zero() -> None:
    launcher = DynamicLauncher([direct(1), direct(0)], sample=True)
    with pytest.raises(ValueError, match="expected numbers above 0, found 0"):
        launcher.select_launcher()


def test_launchers_may_come_and_go_but_one_is_left() -> None:
    one, other = direct(1), direct(2)
    launcher = DynamicLauncher([one])
    launcher.add_launcher(other)
    assert launcher.select_launcher() is other
    launcher.remove_launcher(other)
    assert launcher.select_launcher() is one
    with pytest.raises(ValueError, match="not one of"):
        launcher.remove_launcher(other)
    with pytest.raises(ValueError, match="the last launcher"):
        launcher.remove_launcher(one)
    with pytest.raises(ValueError, match="at least one"):
        DynamicLauncher([])


def test_priorities_may_be_set_before_each_choice() -> None:
    one, other = direct(1), direct(2)

    class ByLoad(DynamicLauncher):
        def update(self) -> None:
            one.priority += 2

    launcher = ByLoad([one, other])
    assert launcher.select_launcher() is one


def test_choices_may_be_nested() -> None:
    one = direct(1)
    assert choose_launcher(DynamicLauncher([DynamicLauncher([one])])) is one
    assert choose_launcher(one) is one


def test_a_process_is_found_by_the_launcher_of_its_kind() -> None:
    class Other(DirectLauncher):
        async def attach(self, record: ProcessRecord) -> None:
            raise UnknownProcess("of another kind")

    record = ProcessRecord.local(os.getpid())

    async def attach(launcher: Launcher) -> object:
        return await launcher.attach(record)

    found = asyncio.run(attach(DynamicLauncher([Other(priority=3), direct(1)])))
    assert found is not None
    with pytest.raises(UnknownProcess):
        asyncio.run(attach(DynamicLauncher([Other()])))
