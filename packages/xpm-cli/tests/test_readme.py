"""The example of the README runs as it is written there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import program

README = Path(__file__).parent.parent / "README.md"


def block(language: str, position: int = 0) -> str:
    """A block of code of the README."""
    found = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.S)
    return str(found[position])


def test_the_two_files_and_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text(block("python"))
    (tmp_path / "study.yaml").write_text(block("yaml"))
    commands = block("sh").replace("train/3f2a", "train")
    script = commands.replace("experimaestro ", f"{sys.executable} -m xpm_cli ").splitlines()

    def run(line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line,
            shell=True,
            capture_output=True,
            text=True,
            check=False,
            env=program.environment(tmp_path),
            cwd=tmp_path,
        )

    first, second, listing, log = map(run, script)

    assert "study: 2 jobs: 2 done\n" in first.stdout
    assert "study: 3 jobs: 3 done (2 reused)\n" in second.stdout
    assert re.findall(r"lr=\S+", listing.stdout) == ["lr=0.1", "lr=0.01"]
    assert '"train" may be one of several jobs' in log.stderr


def test_the_mistakes_of_the_readme_are_told_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "experiment.py").write_text(block("python"))
    (tmp_path / "study.yaml").write_text(block("yaml").replace("lrs", "lr"))

    done = program.run("run-experiment", "study.yaml", home=tmp_path)

    assert done.returncode == 2
    assert done.stderr.strip() == block("text").strip()
