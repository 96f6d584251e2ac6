"""Preparations: run once in this process, on a thread of their own, before the jobs that need them.

Those of jobs that are found done are never run.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from xpm_scheduler.callbacks import CallbackThread
from xpm_scheduler.errors import SchedulerError

if TYPE_CHECKING:
    from xpm_config.config import Config
    from xpm_config.prepare import Prepare

__all__ = ["PreparationFailed", "prepare_all", "prepare_for"]

logger = logging.getLogger("xpm")

_ASK_S = 0.1


class PreparationFailed(SchedulerError):
    """What jobs need to be prepared before they start could not be."""

    def __init__(self, what: str, cause: Exception) -> None:
        super().__init__(f"the preparation {what} failed: {type(cause).__name__}: {cause}")


class _Preparations:
    """What was prepared in this process, by identifier."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread = CallbackThread()
        self.known: dict[str, Future[None]] = {}

    def of(self, preparation: Prepare) -> Future[None]:
        """The preparation, begun if it was not, or if it failed before."""
        identifier = str(preparation.__xpm__.identifier)
        with self.lock:
            future = self.known.get(identifier)
            if future is None or (future.done() and future.exception() is not None):
                future = self.known[identifier] = Future()
                self.thread.call(lambda: _run(preparation, future))
        return future


_preparations = _Preparations()


async def prepare_for(task: Config, *, unless: Callable[[], bool] = lambda: False) -> bool:
    """Prepares all that a task needs, while the event loop goes on.

    Args:
        task: The task.
        unless: Asked from time to time: whether nobody wants it any more.

    Returns:
        Whether it is all prepared; False when nobody wants it.

    Raises:
        PreparationFailed: One of them raised.
    """
    for preparation in _needed(task):
        future = asyncio.wrap_future(_preparations.of(preparation))
        while not (await asyncio.wait([future], timeout=_ASK_S))[0]:
            if unless():
                return False
        future.result()
    return True


def prepare_all(task: Config) -> list[Prepare]:
    """Prepares all that a task needs, and waits for it.

    Returns:
        The preparations, those needed by others first.

    Raises:
        PreparationFailed: One of them raised.
    """
    needed = _needed(task)
    for preparation in needed:
        _preparations.of(preparation).result()
    return needed


def _needed(task: Config) -> list[Prepare]:
    """The preparations below a task, but for those that were submitted as jobs."""
    module = sys.modules.get("xpm_config.prepare")
    if module is None:  # no class needs it
        return []
    from xpm_config.submission import submission_of  # lazy: already there in that case

    found: list[Prepare] = module.preparations(task)
    return [one for one in found if submission_of(one).prepared_by is None]


def _run(preparation: Prepare, future: Future[None]) -> None:
    name = f"{preparation.__xpm__.xpmtype.name}/{preparation.__xpm__.identifier}"
    try:
        value = preparation.instance()
        if not value.is_prepared():
            logger.info("preparing %s", name)
            value.prepare()
    except Exception as error:
        logger.error("the preparation %s failed", name, exc_info=True)
        failure = PreparationFailed(name, error)
        failure.__cause__ = error
        future.set_exception(failure)
    else:
        future.set_result(None)
