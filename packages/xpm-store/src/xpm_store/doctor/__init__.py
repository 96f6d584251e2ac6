"""`doctor`: whether the file system under a workspace does what the workspace needs."""

from __future__ import annotations

from xpm_store.doctor.diagnosis import Diagnosis, Verdict
from xpm_store.doctor.examination import PROBES, examine

__all__ = ["PROBES", "Diagnosis", "Verdict", "examine"]
