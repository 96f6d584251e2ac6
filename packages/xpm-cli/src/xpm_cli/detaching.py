"""Running an experiment in the background: a process that outlives the terminal.

The process is this same command. Until the run has begun it shares the terminal, so that what is
wrong in the file or in the user's code is shown; then it tells its parent, through a pipe, where
the run is, and prints into the folder of the run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_store.layout import RunFolder

_PIPE = "XPM_DETACHED_PIPE"
OUTPUT_NAME = "output.log"


@dataclass(frozen=True, slots=True)
class Detached:
    """A run that goes on in the background.

    Attributes:
        output: The file that gets what it prints.
    """

    experiment_id: str
    run_id: str
    pid: int
    output: str


def start_detached(arguments: Sequence[str]) -> Detached | int:
    """Start a command line in the background.

    Args:
        arguments: The command line, without the name of the program nor `--detach`.

    Returns:
        The run, once it has begun; the exit code when the command ended before.
    """
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "xpm_cli", *arguments],
            stdin=subprocess.DEVNULL,
            env={**os.environ, _PIPE: str(writing)},
            pass_fds=[writing],
            start_new_session=True,
        )
    finally:
        os.close(writing)
    try:
        with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123 - a descriptor
            told = pipe.read()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    if told:
        return Detached(**json.loads(told))
    return process.wait()


def without_detach(arguments: Sequence[str]) -> list[str]:
    """A command line without `--detach`; what follows `--` is not ours."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    ours = [argument for argument in arguments[:end] if argument != "--detach"]
    return [*ours, *arguments[end:]]


def tell_parent(run: RunFolder) -> None:
    """In the background process: say that the run has begun, and leave the terminal."""
    number = os.environ.pop(_PIPE, None)  # not for the jobs
    if number is None:
        return
    output = run.path / OUTPUT_NAME
    told = Detached(run.experiment_id, run.run_id, os.getpid(), str(output))
    _print_into(output)
    with suppress(OSError), os.fdopen(int(number), "w", encoding="utf-8") as pipe:
        pipe.write(json.dumps(asdict(told)))


def _print_into(output: Path) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
