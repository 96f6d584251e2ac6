"""Operations that a user runs once the experiment has ended, and how they ask their questions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from xpm_config.config import Config

__all__ = ["Action", "CLIInteraction", "Interaction"]

YES = frozenset({"true", "yes", "1", "y"})
NO = frozenset({"false", "no", "0", "n"})


class Interaction(ABC):
    """How an action asks for what it needs to know.

    Each question has a *key*, by which an answer can be given beforehand.
    """

    @abstractmethod
    def choice(self, key: str, label: str, choices: Sequence[str]) -> str:
        """Ask for one of `choices`."""

    @abstractmethod
    def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
        """Ask for yes or no."""

    @abstractmethod
    def text(self, key: str, label: str, *, default: str = "") -> str:
        """Ask for a line of text."""


class Action(Config):
    """An operation registered when tasks are submitted, and run after the experiment.

    Register it with the `add_action` of `__submit__`, or with `experiment.add_action`.
    """

    __xpmid__ = "experimaestro.actions.action"

    def describe(self) -> str:
        """One line that says what the action does; kept when the action is registered."""
        return type(self).__qualname__.removesuffix(".XPMConfig")

    def execute(self, interaction: Interaction) -> None:
        """Do it; ask all questions before the first effect."""
        raise TypeError(f"The action {type(self).__qualname__} has no method execute()")


class CLIInteraction(Interaction):
    """Questions asked on the terminal, unless they have been answered beforehand.

    Args:
        prefill: Answers by key; they are checked as typed ones are.
    """

    def __init__(self, prefill: Mapping[str, Any] | None = None) -> None:
        self.prefill = dict(prefill or {})

    def choice(self, key: str, label: str, choices: Sequence[str]) -> str:
        """Ask for one of `choices`, by its text or its number.

        Raises:
            ValueError: The answer given beforehand is not one of them.
        """
        if key in self.prefill:
            answer = str(self.prefill[key])
            if answer not in choices:
                raise ValueError(
                    f"{answer!r} is no answer to {key!r} ({label}): choose among "
                    f"{', '.join(map(repr, choices))}."
                )
            return answer
        print(label)
        for number, choice in enumerate(choices, start=1):
            print(f"  {number}. {choice}")
        while True:
            answer = input("> ").strip()
            if answer in choices:
                return answer
            if answer.isdigit() and 1 <= int(answer) <= len(choices):
                return choices[int(answer) - 1]
            print(f"Type one of the lines above, or its number (1 to {len(choices)}).")

    def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
        """Ask for yes or no.

        Raises:
            ValueError: The answer given beforehand is neither.
        """
        if key in self.prefill:
            answer = _as_bool(self.prefill[key])
            if answer is None:
                raise ValueError(
                    f"{self.prefill[key]!r} is no answer to {key!r} ({label}): say yes or no."
                )
            return answer
        while True:
            typed = input(f"{label} [{'Y/n' if default else 'y/N'}] ").strip()
            answer = _as_bool(typed) if typed else default
            if answer is not None:
                return answer
            print("Type yes or no.")

    def text(self, key: str, label: str, *, default: str = "") -> str:
        """Ask for a line of text; an empty line is the default."""
        if key in self.prefill:
            return str(self.prefill[key])
        shown = f" [{default}]" if default else ""
        return input(f"{label}{shown} ") or default


def _as_bool(value: object) -> bool | None:
    """The truth value of an answer, None when it is neither yes nor no."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in YES:
        return True
    return False if text in NO else None
