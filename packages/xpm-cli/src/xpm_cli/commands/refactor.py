"""`experimaestro refactor`: rewrites the user's source files."""

from __future__ import annotations

import difflib
import os
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render

if TYPE_CHECKING:
    from collections.abc import Iterator

SKIPPED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "build", "dist"}


@click.group("refactor")
def refactor() -> None:
    """Rewrite source files for the current version."""


@refactor.command("default-values")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=Path())
@click.option("--perform", is_flag=True, help="Write the files; without it, only show the changes.")
@click.pass_context
def default_values(ctx: click.Context, path: Path, perform: bool) -> None:
    """Rewrite bare default values: `x: Param[int] = 3` becomes `= field(default=3, ...)`.

    PATH is a file or a folder. Shows the changes; `--perform` makes them. Exit code 1 when there
    is something to change and it was not changed.
    """
    from xpm_cli.refactor.default_values import rewrite  # lazy: loads `ast`

    found = unreadable = 0
    for file in python_files(path):
        try:
            source, encoding = read_source(file)
            rewriting = rewrite(source)
        except (SyntaxError, UnicodeDecodeError, OSError) as error:
            render.note(f"Skipped {file}: {error}")
            unreadable += 1
            continue
        if not rewriting.findings:
            continue
        found += len(rewriting.findings)
        if perform:
            replace_source(file, rewriting.text, encoding)
            render.echo(f"{file}: {_values(len(rewriting.findings))} rewritten")
        else:
            print_diff(file, source, rewriting.text)
    if not found:
        render.echo("No bare default value found.")
    elif not perform:
        render.note(f"{_values(found)} to rewrite; to do it, add --perform")
    ctx.exit(1 if unreadable or (found and not perform) else 0)


def _values(number: int) -> str:
    return f"{number} default value{'' if number == 1 else 's'}"


def python_files(path: Path) -> Iterator[Path]:
    """The Python files at or below a path, without virtual environments, caches, hidden folders."""
    if path.is_file():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED_FOLDERS
            and not name.startswith(".")
            and not Path(folder, name, "pyvenv.cfg").exists()
        )
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".py"))


def read_source(file: Path) -> tuple[str, str]:
    """The text of a Python file, with its line ends as they are, and its encoding."""
    with file.open("rb") as stream:
        encoding, _ = tokenize.detect_encoding(stream.readline)
    with file.open(encoding=encoding, newline="") as text:
        return text.read(), encoding


def replace_source(file: Path, text: str, encoding: str) -> None:
    """Replace a source file at once, with its mode; links are followed."""
    file = file.resolve()
    beside = file.with_name(f".{file.name}.new")
    try:
        with beside.open("w", encoding=encoding, newline="") as stream:
            stream.write(text)
        beside.chmod(file.stat().st_mode & 0o7777)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def print_diff(file: Path, before: str, after: str) -> None:
    """Print the changes of a file as a unified diff, coloured on a terminal."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), str(file), str(file), lineterm="", n=1
    )
    for line in lines:
        shown = escape_controls(line.replace("\t", "    "))
        render.echo(render.style(shown, fg=_DIFF_COLOURS.get(line[:1])))
