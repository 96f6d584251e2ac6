"""The samples of the published changelog, each completed with what it leaves out, as scripts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support import clean_environment, run

SAMPLES = sorted((Path(__file__).parent / "changelog").glob("*.py"))


@pytest.mark.parametrize("script", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_of_the_changelog_works(script: Path, tmp_path: Path, home: Path) -> None:
    run([sys.executable, script, tmp_path / "workspace"], env=clean_environment(home))
