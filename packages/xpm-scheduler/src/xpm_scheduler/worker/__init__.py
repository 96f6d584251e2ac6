"""What runs in the process of a job: imports `xpm_config` and the light part of `xpm_store`."""

from __future__ import annotations

from xpm_scheduler.worker.runner import run_job

__all__ = ["run_job"]
