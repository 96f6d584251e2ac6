"""What user code can be told of: protocols for those who listen to the scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xpm_scheduler.job import Job

__all__ = ["Listener"]


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

    def on_service_added(self, service: Any) -> None:
        """A service was added to an experiment."""
