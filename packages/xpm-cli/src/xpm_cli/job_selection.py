"""Which jobs a command is about: the options of all commands on jobs, and what they select."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion
from xpm_cli.render import tags_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_store.index import Index, JobRow

EXPERIMENT_HELP = "Only the jobs of this experiment's current run."
FILTER_HELP = "E.g. '@state = done and lr = 0.1'."

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class JobSelection:
    """What the options say.

    Attributes:
        experiment: Only the jobs of this experiment's current run.
        where: A filter.
        tags: Show the tags.
        fullpath: Show folders instead of names.
    """

    experiment: str | None
    where: str | None
    tags: bool
    fullpath: bool

    def line(self, row: JobRow) -> str:
        """A job as the listings show it, its state left out."""
        name = str(row.path) if self.fullpath else f"{row.task_id}/{row.job_id}"
        return escape_controls(name) + (tags_text(row.tags) if self.tags else "")

    def rows(self, index: Index, **options: Any) -> list[JobRow]:
        """The jobs that are selected, the newest first."""
        return index.jobs(experiment=self.experiment, where=self.where, **options)


def selection_options(command: F) -> F:
    """Add the options to a command, which receives a `JobSelection` as `selection`."""

    @functools.wraps(command)  # keeps the options that the command has already
    def with_selection(
        *args: Any,
        experiment: str | None,
        where: str | None,
        tags: bool,
        fullpath: bool,
        **kwargs: Any,
    ) -> Any:
        selection = JobSelection(experiment, where, tags=tags, fullpath=fullpath)
        return command(*args, selection=selection, **kwargs)

    decorated: Any = with_selection
    for option in (
        click.option("--fullpath", is_flag=True, help="Show folders instead of names."),
        click.option("--tags", is_flag=True, help="Show the tags."),
        click.option(
            "--filter",
            "where",
            metavar="EXPR",
            help=FILTER_HELP,
            shell_complete=completion.filters,
        ),
        click.option(
            "--experiment",
            metavar="E",
            help=EXPERIMENT_HELP,
            shell_complete=completion.experiments,
        ),
    ):
        decorated = option(decorated)
    result: F = decorated
    return result


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to go on: `--yes` was given, or the person says so; no answer is a no."""
    if yes:
        return True
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return False
