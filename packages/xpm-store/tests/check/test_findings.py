"""How findings are told."""

from __future__ import annotations

from pathlib import Path

from xpm_store.check import Finding, Remedy, Severity
from xpm_store.check.repairs import _REMEDIES


def test_a_finding_is_one_line_that_names_the_place() -> None:
    found = Finding(Severity.DAMAGE, Path("/ws/jobs.jsonl"), "skipped a damaged line", offset=12)
    assert str(found) == "/ws/jobs.jsonl, byte 12: skipped a damaged line"
    assert str(Finding(Severity.NOTE, Path("/ws/a"), "old")) == "/ws/a: old"


def test_every_remedy_is_carried_out_by_something() -> None:
    assert set(_REMEDIES) == set(Remedy)
