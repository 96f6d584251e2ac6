"""What the process of an action and who runs it tell each other: a JSON object per line.

From the action: `{"ask": "choice" | "checkbox" | "text", "arguments": {…}}`, then `{"done": true}`
or `{"failed": message, "details": traceback}`. To it: `{"answer": …}`, or `{"refused": message}`
when there will be no answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import IO, Any

from xpm_config.actions import Interaction

__all__ = ["AskedThroughPipe", "answer_to", "receive", "send"]

KINDS = ("choice", "checkbox", "text")


def send(pipe: IO[bytes], message: Mapping[str, Any]) -> None:
    """Sends a message at once."""
    pipe.write(json.dumps(message).encode() + b"\n")
    pipe.flush()


def receive(pipe: IO[bytes]) -> dict[str, Any] | None:
    """The next message; None when the other side is gone."""
    line = pipe.readline()
    if not line.endswith(b"\n"):
        return None
    message: dict[str, Any] = json.loads(line)
    return message


class NoAnswer(Exception):
    """Who runs the action will not answer: the action is to end."""


class AskedThroughPipe(Interaction):
    """The questions of an action, asked from its process; each waits for its answer."""

    def __init__(self, questions: IO[bytes], answers: IO[bytes]) -> None:
        self._questions = questions
        self._answers = answers

    def choice(self, key: str, label: str, choices: Sequence[str]) -> str:
        """Ask for one of `choices`."""
        return str(self._ask("choice", key=key, label=label, choices=list(choices)))

    def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""
        return bool(self._ask("checkbox", key=key, label=label, default=default))

    def text(self, key: str, label: str, *, default: str = "") -> str:
        """Ask for a line of text."""
        return str(self._ask("text", key=key, label=label, default=default))

    def _ask(self, kind: str, **arguments: Any) -> Any:
        send(self._questions, {"ask": kind, "arguments": arguments})
        reply = receive(self._answers)
        if reply is None:
            raise NoAnswer("who ran the action is gone")
        if "refused" in reply:
            raise NoAnswer(reply["refused"])
        return reply["answer"]


def answer_to(question: Mapping[str, Any], interaction: Interaction) -> Any:
    """Asks the question of an action, here.

    Raises:
        ValueError: It is no question.
    """
    kind = question.get("ask")
    if kind not in KINDS:
        raise ValueError(f"an action asked {question!r}, which is no question")
    return getattr(interaction, kind)(**question["arguments"])
