"""How jobs are started: one module per kind of launcher."""

from __future__ import annotations

from xpm_scheduler.launchers.base import Exit, JobLaunch, Launcher, Process

__all__ = ["Exit", "JobLaunch", "Launcher", "Process"]
