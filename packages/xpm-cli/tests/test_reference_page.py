"""The reference page names every command and option, and the shape of every JSON."""

from __future__ import annotations

import click
import pytest
from xpm_cli.reference_page import JSON_SHAPES, commands, page

TREE = [(name, command) for name, command in commands() if name]


@pytest.mark.parametrize(("name", "command"), TREE, ids=[name for name, _ in TREE])
def test_a_command_is_there_with_its_options_and_the_shape_of_its_json(
    name: str, command: click.Command
) -> None:
    _, _, section = page().partition(f"# `{name}`\n")
    section = section.partition("\n## ")[0].partition("\n### ")[0]
    spellings = {
        spelling
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for spelling in parameter.opts
    } - {"--workdir", "--workspace", "--xpm-config-dir"}

    assert section
    assert all(f"`{spelling}" in section for spelling in spellings)
    assert ("--json" in spellings and name != "results") <= (name in JSON_SHAPES)
    assert command.help
    assert len(command.help.splitlines()[0]) <= 100


def test_no_shape_is_told_of_a_command_that_is_gone() -> None:
    assert set(JSON_SHAPES) <= {name for name, _ in TREE}
