"""The job's side of what jobs share: it says that it uses it, and gives it back at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xpm_config.errors import HandledException
from xpm_store.layout import JobFolder
from xpm_store.records import ProcessRecord

__all__ = ["SharedLost", "holding_shared"]


class SharedLost(HandledException):
    """The job does not hold what it needs: somebody took it back, or it was never taken."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            f"this job does not hold {', '.join(names)} any more: run its experiment again"
        )


@contextmanager
def holding_shared(folder: JobFolder) -> Iterator[None]:
    """The tokens and partial folders of `locks.json` are this process's for the `with` block.

    Concurrency: the caller holds the lock of the job.

    Raises:
        SharedLost: The job does not hold all of them.
    """
    if not folder.locks_json.exists():  # most jobs
        yield
        return
    from xpm_store import dynamic_locks  # lazy: most jobs share nothing

    process = ProcessRecord.read(folder)
    assert process is not None, "the process that holds the lock of a job is in its record"
    missing = dynamic_locks.confirm(folder, process)
    try:
        if missing:
            raise SharedLost([str(lock.lock_file_path.parent.parent) for lock in missing])
        yield
    finally:
        dynamic_locks.release(folder)
