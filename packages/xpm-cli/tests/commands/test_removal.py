"""`orphans`: the jobs that no run lists."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from xpm_cli.disk_usage import disk_usage, size_text
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def orphans(*argv: str) -> Result:
    return CliRunner().invoke(cli, ["orphans", *argv])


@pytest.fixture
def orphaned(copied: Path) -> Path:
    """A workspace whose runs were lost: its jobs are orphans."""
    shutil.rmtree(copied / "experiments" / "study")
    return copied


def test_a_workspace_whose_jobs_are_all_listed_has_no_orphans(copied: Path) -> None:
    assert orphans(str(copied)).stdout == "Nothing to remove.\n"


def test_orphans_are_shown_with_their_size_and_kept(orphaned: Path) -> None:
    result = orphans(str(orphaned), "--size")

    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("Would clean (dry run) ") for line in lines)
    assert all(line.endswith(" kB") for line in lines)
    assert len(list(orphaned.glob("jobs/*/*"))) == 3


@pytest.mark.parametrize("option", ["--perform", "--clean"])
def test_orphans_are_removed_when_asked_to_and_can_come_back(option: str, orphaned: Path) -> None:
    removed = orphans("--workdir", str(orphaned), option, "--yes")

    assert removed.exit_code == 0
    assert list(orphaned.glob("jobs/*/*")) == []
    undone = CliRunner().invoke(cli, ["undo", "--workdir", str(orphaned)])
    assert undone.stdout.count("Brought back") == 3


def test_sizes_are_read_by_people(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"x" * 10_000)
    (tmp_path / "link").symlink_to("/")

    assert 10_000 <= disk_usage(tmp_path) < 100_000
    assert [size_text(n) for n in (0, 999, 1000, 12_345_678, 5 * 10**15)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "12.3 MB",
        "5000.0 TB",
    ]
