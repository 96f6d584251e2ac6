"""The process of an action: loads the objects of its run, executes it, says how it ended.

Started by `actions.run` as `python -P -m xpm_scheduler.actions.child RUN ACTION QUESTIONS
ANSWERS`; the two last are file descriptors. The standard streams are the user's.
"""

from __future__ import annotations

import json
import sys
import traceback
from pathlib import Path
from typing import IO

from xpm_config.serialization import load_xp_info

from xpm_scheduler.actions.exchange import AskedThroughPipe, NoAnswer, send
from xpm_scheduler.worker.outcome import own_frames

__all__ = ["main"]


def main(run: Path, action: str, questions: IO[bytes], answers: IO[bytes]) -> int:
    """Executes an action of a run; the exit code."""
    try:
        _find_modules(run)
        found = load_xp_info(run).actions[action]
        found.execute(AskedThroughPipe(questions, answers))
    except NoAnswer as error:
        send(questions, {"failed": f"it was given up: {error}", "details": ""})
        return 1
    except (Exception, KeyboardInterrupt) as error:
        assert error.__traceback__ is not None
        frames = own_frames(error.__traceback__.tb_next) or error.__traceback__
        shown = traceback.format_exception(type(error), error, frames)
        message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        send(questions, {"failed": message, "details": "".join(shown)})
        return 1
    send(questions, {"done": True})
    return 0


def _find_modules(run: Path) -> None:
    """Puts the folders where the run found its modules on the path."""
    try:
        recorded = json.loads((run / "environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # an old run: its modules have to be installed
    folders = recorded.get("python_path") if isinstance(recorded, dict) else None
    if isinstance(folders, list):
        sys.path[:0] = [folder for folder in folders if isinstance(folder, str)]


if __name__ == "__main__":
    _run, _action, _questions, _answers = sys.argv[1:]
    with open(int(_questions), "wb") as _out, open(int(_answers), "rb") as _in:  # noqa: PTH123
        sys.exit(main(Path(_run), _action, _out, _in))
