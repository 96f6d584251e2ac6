"""`refactor default-values` on files: a dry run by default, then the same changes made."""

from __future__ import annotations

from pathlib import Path

import program
from click.testing import CliRunner, Result
from xpm_cli.main import cli

SOURCE = "from experimaestro import Config, Param\n\n\nclass A(Config):\n    x: Param[int] = 3\n"
AFTER = SOURCE.replace("Param\n", "Param, field\n").replace(
    "= 3", "= field(default=3, ignore_default=True)"
)


def refactor(folder: Path, *argv: str) -> Result:
    return CliRunner().invoke(cli, ["refactor", "default-values", str(folder), *argv])


def test_a_dry_run_shows_the_changes_makes_none_and_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)

    result = refactor(tmp_path)

    assert result.exit_code == 1
    assert (tmp_path / "a.py").read_text() == SOURCE
    program.matches_snapshot(program.comparable(result.stdout, folder=tmp_path), "refactor")
    assert result.stderr == "1 default value to rewrite; to do it, add --perform\n"


def test_perform_writes_the_files_and_a_second_time_finds_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "a.py").chmod(0o755)

    first, second = refactor(tmp_path, "--perform"), refactor(tmp_path, "--perform")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert (tmp_path / "a.py").read_text() == AFTER
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o755
    assert second.stdout == "No bare default value found.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.py"]


def test_line_ends_and_encoding_are_kept(tmp_path: Path) -> None:
    source = "# -*- coding: latin-1 -*-\r\n# é\r\n" + SOURCE.replace("\n", "\r\n")
    (tmp_path / "a.py").write_bytes(source.encode("latin-1"))

    refactor(tmp_path, "--perform")

    expected = "# -*- coding: latin-1 -*-\r\n# é\r\n" + AFTER.replace("\n", "\r\n")
    assert (tmp_path / "a.py").read_bytes() == expected.encode("latin-1")


def test_environments_caches_and_hidden_folders_are_left_alone(tmp_path: Path) -> None:
    for folder in (".git", "__pycache__", "env"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.py").write_text(SOURCE)
    (tmp_path / "env" / "pyvenv.cfg").touch()

    assert refactor(tmp_path).stdout == "No bare default value found.\n"


def test_a_file_that_is_no_python_is_told_and_the_others_are_done(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (:\n")
    (tmp_path / "fine.py").write_text(SOURCE)

    result = refactor(tmp_path, "--perform")

    assert result.exit_code == 1
    assert f"Skipped {tmp_path}/broken.py: invalid syntax" in result.stderr
    assert (tmp_path / "fine.py").read_text() == AFTER
