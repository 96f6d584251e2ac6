"""`check`: what is damaged in a workspace, named, and mended through the trash."""

from __future__ import annotations

from xpm_store.check.agreement import disagreements
from xpm_store.check.findings import Finding, Remedy, Repaired, Severity
from xpm_store.check.jobs import check_jobs
from xpm_store.check.repairs import repair
from xpm_store.check.rest import check_rest
from xpm_store.check.runs import check_runs
from xpm_store.check.workspace import check

__all__ = [
    "Finding",
    "Remedy",
    "Repaired",
    "Severity",
    "check",
    "check_jobs",
    "check_rest",
    "check_runs",
    "disagreements",
    "repair",
]
