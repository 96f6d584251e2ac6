"""What can go wrong when one watches a run.

::

    HandledException (xpm_config)
    └── MonitorError        anything this wheel reports
        └── RunNotFound     the workspace has no such run: `experiment_id`, `run_id`
"""

from __future__ import annotations

from xpm_config.errors import HandledException

__all__ = ["MonitorError", "RunNotFound"]


class MonitorError(HandledException):
    """Anything that this wheel reports."""


class RunNotFound(MonitorError):
    """The workspace has no such run.

    Attributes:
        experiment_id: The experiment asked for.
        run_id: The run asked for; None for the current one.
    """

    def __init__(self, experiment_id: str, run_id: str | None) -> None:
        self.experiment_id = experiment_id
        self.run_id = run_id
        run = f"has no run '{run_id}'" if run_id else "has no run yet"
        super().__init__(f"the experiment '{experiment_id}' {run}; see: experimaestro experiments")
