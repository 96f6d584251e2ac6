"""Runs the real command in processes and terminals, and makes its output comparable."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
STUDY = HERE / "study" / "study.yaml"
COMMAND = [sys.executable, "-m", "xpm_cli"]


def environment(home: Path) -> dict[str, str]:
    """An environment without settings: a home folder of its own, no colours asked or refused."""
    dropped = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "XPM_CONFIG_DIR", "XDG_DATA_HOME")
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {**kept, "HOME": str(home), "TERM": "xterm-256color", "PYTHONDONTWRITEBYTECODE": "1"}


def run(*argv: str, home: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; its streams are pipes."""
    return subprocess.run(
        [*COMMAND, *argv],
        capture_output=True,
        text=True,
        check=False,
        env=environment(home),
        cwd=cwd or home,
        timeout=120,
    )


def run_in_terminal(*argv: str, home: Path, extra: dict[str, str] | None = None) -> tuple[int, str]:
    """The command in a pseudo-terminal of 80 columns: exit code and all that was written."""
    controller, terminal = pty.openpty()
    os.set_blocking(controller, True)
    env = {**environment(home), **(extra or {}), "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(
        [*COMMAND, *argv],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=env,
        cwd=home,
        start_new_session=True,
    ) as process:
        os.close(terminal)
        written = b""
        while True:
            try:
                piece = os.read(controller, 65536)
            except OSError:  # the last process that had the terminal is gone
                break
            if not piece:
                break
            written += piece
        os.close(controller)
        code = process.wait(timeout=120)
    return code, written.decode("utf-8").replace("\r\n", "\n")


_VARIABLE = (
    (re.compile(r"\d{8}_\d{6}(?:\.\d+)?"), "<run>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"), "<time>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "<date and time>"),
    (re.compile(r"^\d\d:\d\d:\d\d ", re.M), "<clock> "),
)


def comparable(text: str, **folders: Path) -> str:
    """The text with folders, run identifiers and times replaced by their names."""
    for name, folder in folders.items():
        text = text.replace(str(folder), f"<{name}>")
    text = text.replace(f"[{os.uname().nodename}]", "[<host>]")
    text = text.replace(f'"{os.uname().nodename}"', '"<host>"')
    for pattern, name in _VARIABLE:
        text = pattern.sub(name, text)
    return text


def matches_snapshot(text: str, name: str) -> None:
    """Compare with `snapshots/NAME.txt`; `UPDATE_SNAPSHOTS=1` writes it instead."""
    path = HERE / "snapshots" / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
