"""Command groups that import a sub-command only when it runs.

The one-line help of each sub-command is given with its address, so that the help of a group
imports none of them.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class Address(NamedTuple):
    """Where a sub-command lives, and the line that the help of its group shows."""

    target: str
    """`module:attribute`."""
    summary: str


class LazyGroup(click.Group):
    """A group whose sub-commands are addresses.

    Args:
        addresses: For each sub-command name, where it is.
    """

    def __init__(self, *args: Any, addresses: Mapping[str, Address], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addresses = dict(addresses)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were declared: the most useful first."""
        return [*self.commands, *self.addresses]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The sub-command, imported now; None when there is none of that name."""
        address = self.addresses.get(cmd_name)
        if address is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = address.target.partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command), address
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the close names when there is no such command."""
        name = args[0]
        if name in self.list_commands(ctx) or name.startswith("-"):
            return super().resolve_command(ctx, args)
        close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise click.UsageError(f"No such command '{name}'.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of sub-commands, made from the addresses alone."""
        rows = []
        for name in self.list_commands(ctx):
            if name in self.addresses:
                rows.append((name, self.addresses[name].summary))
            elif (command := self.get_command(ctx, name)) and not command.hidden:
                rows.append((name, command.get_short_help_str(limit=60)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)
