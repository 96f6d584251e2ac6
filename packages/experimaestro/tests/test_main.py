"""`python -m experimaestro` is the command."""

from __future__ import annotations

import subprocess
import sys

import experimaestro


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "experimaestro", "version"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stdout.strip() == experimaestro.__version__
