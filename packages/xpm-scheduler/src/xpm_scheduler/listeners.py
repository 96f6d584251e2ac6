"""What user code can be told of: protocols for those who listen to the scheduler."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_scheduler.job import Job
    from xpm_scheduler.services.base import Service

__all__ = ["Listener", "method_of", "tell_of_service"]

logger = logging.getLogger("xpm.scheduler")

_OLD_NAMES = {
    "on_job_submitted": "job_submitted",
    "on_job_state_changed": "job_state",
    "on_service_added": "service_add",
}
"""The names of 1.x, for listeners that have them."""


class Listener:
    """Told of what happens to jobs; override what is of interest.

    Concurrency: called in the callback thread of the scheduler, one call at a time, in order.
    An exception is logged and makes the run of the experiment fail, nothing else.

    Example:
        >>> class Count(Listener):
        ...     finished = 0
        ...     def on_job_state_changed(self, job):
        ...         self.finished += job.state.finished()
    """

    def on_job_submitted(self, job: Job) -> None:
        """A job was submitted."""

    def on_job_state_changed(self, job: Job) -> None:
        """A job is in a new state (`job.state`, which may already be a later one)."""

    def on_service_added(self, service: Service) -> None:
        """A service was added to an experiment."""


def method_of(listener: Any, name: str) -> Callable[[Any], object] | None:
    """The method of a listener that an event calls, under its name or its older one."""
    older = getattr(listener, _OLD_NAMES[name], None)
    own = getattr(type(listener), name, None)
    if older is not None and own in (None, getattr(Listener, name)):
        found: Callable[[Any], object] = older
        return found
    return getattr(listener, name, None)


def tell_of_service(listeners: Iterable[Any], service: Service) -> None:
    """Tells listeners of a service; in the callback thread."""
    for listener in listeners:
        method = method_of(listener, "on_service_added")
        try:
            if method is not None:
                method(service)
        except Exception:
            logger.exception("a listener failed, told of the service %r", service.id)
