"""Actions for the tests."""

from __future__ import annotations

import os
from pathlib import Path

from xpm_config.actions import Action, Interaction
from xpm_config.config import Config
from xpm_config.fields import Meta, Param


class Model(Config):
    """What is exported."""

    size: Param[int]

    def double(self) -> int:
        return 2 * self.size


class Export(Action):
    """Asks all kinds of questions, and writes the answers."""

    model: Param[Model]
    out: Meta[Path]

    def describe(self) -> str:
        return f"Export a model of size {self.model.size}"

    def execute(self, interaction: Interaction) -> None:
        with self.out.open("a") as out:
            out.write(f"begun in {os.getpid()}\n")
            name = interaction.text("name", "Name:", default="small")
            kind = interaction.choice("kind", "Kind:", ["json", "yaml"])
            if interaction.checkbox("public", "Public?"):
                name += " (public)"
            out.write(f"{name} {kind} {self.model.double()}\n")
        print("exported")


class Fails(Action):
    """Raises."""

    def execute(self, interaction: Interaction) -> None:
        raise ValueError("there is nothing to export")


class Dies(Action):
    """Its process ends."""

    def execute(self, interaction: Interaction) -> None:
        os._exit(7)


class Careful(Action):
    """Puts things in order when it is given up."""

    out: Meta[Path]

    def execute(self, interaction: Interaction) -> None:
        try:
            interaction.text("name", "Name:")
        finally:
            self.out.write_text("in order")
