"""The SQLite index of a workspace: made from the files, kept up to date from what changed."""

from __future__ import annotations

from xpm_store.index.database import Index
from xpm_store.index.rows import CarbonRow, ExperimentRow, JobRow, PageKey, RunRow, SyncReport

__all__ = ["CarbonRow", "ExperimentRow", "Index", "JobRow", "PageKey", "RunRow", "SyncReport"]
