from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from xpm_config.fields import Meta, Param, field
from xpm_config.prepare import Prepare
from xpm_config.tasks import Task
from xpm_scheduler.preparations import PreparationFailed, prepare_all, prepare_for


class Download(Prepare):
    """Adds a line to a file."""

    name: Param[str]
    log: Meta[Path]

    def prepare(self) -> None:
        with self.log.open("a") as log:
            log.write(f"{self.name} in {threading.current_thread().name}\n")


class Unpack(Prepare):
    """Needs another one."""

    source: Param[Download]
    done: Meta[bool] = field(default=False)

    def is_prepared(self) -> bool:
        return self.done

    def prepare(self) -> None:
        with self.source.log.open("a") as log:
            log.write(f"unpack {self.source.name}\n")


class Impossible(Prepare):
    """Fails as long as a file is not there."""

    name: Param[str]
    file: Meta[Path]

    def prepare(self) -> None:
        self.file.read_text()


class Use(Task):
    """Needs what was prepared."""

    data: Param[Prepare]
    x: Param[int] = field(default=0)

    def execute(self) -> None: ...


def said(log: Path) -> list[str]:
    return [line.split()[0] for line in log.read_text().splitlines()]


def test_what_a_task_needs_is_prepared_once_in_order_off_the_thread_of_the_caller(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log.txt"

    def use(x: int) -> Use:
        return Use.C(data=Unpack.C(source=Download.C(name=str(tmp_path), log=log)), x=x)

    needed = prepare_all(use(1))
    assert [type(one.instance()).__name__ for one in needed] == ["Download", "Unpack"]
    prepare_all(use(2))
    assert said(log) == [str(tmp_path), "unpack"]
    assert threading.current_thread().name not in log.read_text()


def test_what_is_prepared_already_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    prepare_all(Use.C(data=Unpack.C(source=Download.C(name=str(tmp_path), log=log), done=True)))
    assert said(log) == [str(tmp_path)]


def test_a_preparation_that_fails_is_told_and_tried_again(tmp_path: Path) -> None:
    task = Use.C(data=Impossible.C(name=str(tmp_path), file=tmp_path / "missing.txt"))
    with pytest.raises(PreparationFailed, match=r"impossible/.*FileNotFoundError"):
        prepare_all(task)
    (tmp_path / "missing.txt").touch()
    prepare_all(task)


def test_an_event_loop_goes_on_while_something_is_prepared(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"

    async def main() -> list[str]:
        order: list[str] = []

        async def prepare() -> None:
            await prepare_for(Use.C(data=Download.C(name=str(tmp_path), log=log)))
            order.append("prepared")

        task = asyncio.create_task(prepare())
        await asyncio.sleep(0)
        order.append("went on")
        await task
        return order

    assert asyncio.run(main()) == ["went on", "prepared"]


def test_who_does_not_want_it_any_more_stops_waiting(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    task = Use.C(
        data=Impossible.C(name=str(tmp_path), file=gate)
    )  # reading a FIFO waits for its writer
    assert asyncio.run(prepare_for(task, unless=lambda: True)) is False
    gate.write_text("go on")
    assert asyncio.run(prepare_for(task)) is True
