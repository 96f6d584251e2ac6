"""The published samples, each completed with what it leaves out, run as a user's script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = sorted((Path(__file__).parent / "changelog").glob("*.py"))


@pytest.mark.parametrize("script", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_works(script: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "work")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            "XPM_CONFIG_DIR": str(tmp_path / "config"),
            "XPM_WORKDIR": str(tmp_path / "local"),
        },
    )
    assert run.returncode == 0, run.stderr
