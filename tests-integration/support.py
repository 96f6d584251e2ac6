"""How the tests run commands: as a user who has just arrived, without a terminal."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import pytest

ROOT = Path(__file__).resolve().parent.parent

Result: TypeAlias = "subprocess.CompletedProcess[str]"
Run: TypeAlias = Callable[..., Result]


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has just arrived: an empty home, and no variable of ours."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("XPM", "XDG_", "PYTEST", "VIRTUAL_ENV", "PYTHON"))
    }
    return {**kept, "HOME": str(home), "COLUMNS": "120", "NO_COLOR": "1", **more}


def run(
    command: list[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    expect: int | None = 0,
) -> Result:
    """Runs a command without a terminal, and shows what it printed if it ends otherwise."""
    done = subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if expect is not None and done.returncode != expect:
        shown = " ".join(map(str, command))
        pytest.fail(
            f"{shown}\nended with {done.returncode}, not {expect}\n{done.stdout}{done.stderr}"
        )
    return done
