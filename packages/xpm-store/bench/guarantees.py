"""Runs the tests of faults in full, and prints the section of `docs/reference/guarantees.md`.

    uv run python packages/xpm-store/bench/guarantees.py [--quick]

Every operation of the file system is interrupted and refused, 10,000 journals are damaged, and
eight processes work at once for a minute: some three minutes. `--quick` takes the samples that the
tests take each time. The exit code is that of the tests.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1] / "tests"

PROMISES = {
    "test_a_process_that_ends_at_any_operation": (
        (
            "Killed before, after or within an operation on a file: all that was acknowledged is "
            "listed, and the next run goes through."
        ),
        "operations interrupted",
    ),
    "test_an_operation_that_is_refused": (
        (
            "A refused operation (`ENOSPC`, `EIO`, `EROFS`, `EACCES`, `ESTALE`) gives an error "
            "that names the path, and nothing acknowledged is lost."
        ),
        "operations refused",
    ),
    "test_what_a_full_disk_refused": (
        "What a full disk refused is written when there is room again.",
        "operations refused",
    ),
    "test_journals_cut_at_every_byte": (
        "A journal cut at any byte of its last records is read.",
        "cuts",
    ),
    "test_flipped_bits_and_zeroed_blocks": (
        "Flipped bits and zeroed blocks never stop a listing, an index or a check.",
        "mutations",
    ),
    "test_eight_processes_at_once": (
        (
            "Eight processes that write, sync and delete at once leave files that an index made "
            "from them shows as they are; what a standing index missed, `check` finds and mends."
        ),
        "steps",
    ),
    "test_interrupted_at_any_operation_it_goes_on": (
        (
            "An interrupted migration from version 1 goes on when it is called again; no job "
            "becomes an orphan."
        ),
        "operations interrupted",
    ),
    "test_an_interrupted_copy_goes_on": (
        (
            "An interrupted copy between workspaces goes on when it is called again; what is in "
            "its place is whole."
        ),
        "operations interrupted",
    ),
    "test_interrupted_anywhere_a_move_loses_nothing": (
        "A job that is moved to an archive folder is never lost.",
        "operations interrupted or refused",
    ),
}


class Tally:
    """Counts what the tests say they tried."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.failed: set[str] = set()
        self.files: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        name = next((name for name in PROMISES if name in report.nodeid), None)
        if name is None:
            return
        if report.failed:
            self.failed.add(name)
        if report.when == "call":
            self.files[name] = report.location[0]
            self.tried[name] += sum(
                int(str(value)) for key, value in report.user_properties if key == "count"
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="samples, as in the tests")
    if not parser.parse_args().quick:
        os.environ["XPM_STORE_FULL"] = "1"
        os.environ.setdefault("XPM_STORE_CROWD_S", "60")
    tally = Tally()
    begun = time.monotonic()
    names = " or ".join(PROMISES)
    stdout, sys.stdout = sys.stdout, sys.stderr  # only the section is printed
    try:
        code = pytest.main(["-q", "--import-mode=importlib", "-k", names, str(TESTS)], [tally])
    finally:
        sys.stdout = stdout
    print("## Faults\n")
    print(
        "Printed by `uv run python packages/xpm-store/bench/guarantees.py`, which tries them all."
    )
    print("\n| promise | tried | held by |\n|---|---|---|")
    for name, (promise, unit) in PROMISES.items():
        verdict = f"**failed** of {tally.tried[name]:,}" if name in tally.failed else ""
        tried = verdict or f"{tally.tried[name]:,} {unit}"
        print(f"| {promise} | {tried} | `{tally.files.get(name, 'not run')}` |")
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    print(f"\n{time.monotonic() - begun:.0f} s on {system}.")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
