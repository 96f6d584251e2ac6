"""Stopping the process of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xpm_store.layout import JobFolder
from xpm_store.records import job_state_on_disk

if TYPE_CHECKING:
    import signal

    from xpm_store.index import JobRow


def stop(row: JobRow, wanted: signal.Signals) -> str | None:
    """Send a signal to the process of a job; what prevents it, else None."""
    from xpm_scheduler.processes import LocalProcess  # lazy: loads asyncio

    name = f"{row.task_id}/{row.job_id[:8]}"
    record = job_state_on_disk(JobFolder(row.path)).process
    if record is None:
        return None  # it ended meanwhile
    owner = record.owner
    if owner is None or owner.is_alive() is None:
        return f"{name}: its process {record.pid} ({record.type}, {record.host}) is not of here"
    process = LocalProcess.adopt(owner)
    if process is not None:
        process.kill(wanted)
        process.close()
    return None
