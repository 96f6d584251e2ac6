"""The record of a run, made from its state."""

from __future__ import annotations

from xpm_store.records.runs import RunState
from xpm_store.state import RunView

__all__ = ["take_view"]


def take_view(state: RunState, view: RunView) -> None:
    """Puts what is known of a run into its record, as if all events had been folded into it."""
    state.status, state.ended_at = view.status, view.ended_at
    state.hostname, state.started_at = view.hostname, view.started_at
    state.job_states = {job.job_id: (job.state, job.reason) for job in view.jobs.values()}
    state.dependencies = {
        job.job_id: job.depends_on or state.dependencies.get(job.job_id, ())
        for job in view.jobs.values()
    }
    state.actions, state.services = view.actions, view.services
    state.events_count = None
