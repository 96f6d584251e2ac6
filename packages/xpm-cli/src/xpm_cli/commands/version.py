"""`experimaestro version`: the number alone, for scripts."""

from __future__ import annotations

import click


def installed_version() -> str:
    """The version of `experimaestro`, or of `xpm-cli` where only that is installed."""
    from importlib.metadata import PackageNotFoundError, version  # lazy: `--help` needs neither

    try:
        return version("experimaestro")
    except PackageNotFoundError:
        return version("xpm-cli")


@click.command("version")
def version() -> None:
    """Print the version and nothing else."""
    click.echo(installed_version())
