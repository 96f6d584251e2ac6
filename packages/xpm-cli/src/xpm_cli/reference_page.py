"""The reference page of the command line, written from the commands themselves.

python -m xpm_cli.reference_page > docs/reference/cli.md
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import click

from xpm_cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """\
# The command line

`experimaestro`, also `xpm`, also `python -m experimaestro`. This page is written by
`python -m xpm_cli.reference_page`, from the commands themselves.

**Which workspace.** `--workdir FOLDER`, else `--workspace ID` as the settings name it, else the
first workspace of the settings (`--xpm-config-dir FOLDER`, by default `~/.config/experimaestro`),
else a folder in the user's data folder, and the command then says so. These three options are
accepted before and after the sub-command; they are left out of the tables below.

**Which job.** A job is named `TASK/ID`. Both may be shortened as long as one job answers:
`train/3f2a`, or `3f2a`.

**Exit codes.** 0: done. 1: a job failed, or what was asked for was not found, or your code raised.
2: the command line, or a file given to it, is wrong. 130: interrupted. A traceback is shown with
`--traceback` or `--debug` only.

**Output.** Listings go to standard output, messages and logs to standard error; colours are for
terminals, and `NO_COLOR` is respected. Every listing has `--json`, whose shape is told with the
command. Times are in ISO 8601, with their offset.

**What removes or stops something** only shows what it would do until it is given `--perform`; it
then asks, unless it is given `--yes`. What is removed goes to the trash of the workspace, and
`undo` brings it back.

## Filters

```text
@state = error and (lr = 0.1 or model in ["svm", "mlp"]) and not @name ~ ".*\\.prepare"
```

`@state` is the state, `@name` the task, `@reason` why a job failed, other names are tags. `=`,
`!=`, `<`, `<=`, `>`, `>=`, `~` (a regular expression), `in`, `not in`; `not` binds tighter than
`and`, and `and` than `or`. Values are compared as numbers when both sides are numbers. A mistake is
shown under the column where it is.
"""

_JOB = "`job_id`, `task_id`"
JSON_SHAPES = {
    "experiments list": "A list: `experiment_id`, `run_id`, `status`, `hostname`, `started_at`, "
    "`ended_at`, `total_jobs`, `finished_jobs`, `job_states` (state → number), `runs_count`.",
    "experiments history": "A list: `run_id`, `status`, `hostname`, `started_at`, `ended_at`, "
    "`jobs_count`, `run_tags`.",
    "experiments tags": "An object: name → run.",
    "experiments copy": "An object: `performed`, `jobs_copied`, `jobs_skipped`, `errors`.",
    "experiments actions list": "A list: `action_id`, `description`, `class`.",
    "experiments services list": "A list: `service_id`, `state`, `description`, `class`, `url`, "
    "`error`.",
    "experiments carbon summary": "An object: `totals` and, by name, `experiments` (`co2_kg`, "
    "`energy_kwh`, `duration_s`, `job_count`), `filters`.",
    "experiments carbon stats": "An object: `records`, `files`, `size_bytes`.",
    "jobs list": f"A list: {_JOB}, `state`, `reason`, `tags`, `experiment_id`, `run_id`, "
    "`submitted_at`, `started_at`, `ended_at`, `exit_code`, `retry_count`, `progress` (a list of "
    "`level`, `progress`, `desc`), `depends_on`, `path`.",
    "jobs stray": f"A list: `kind` (`stray`: it runs, or `orphan`), {_JOB}, `path`.",
    "why": f"An object: {_JOB}, `state`, `reason`, `explanation`, `details`, `waits_for` (a list "
    f"of {_JOB}, `state`), `log`, `nearest` (null, or {_JOB} and `differences`, as those of "
    "`parameters-difference`).",
    "results": "A list, with what varies and what was reported under their names; with `--over`, "
    "what is a number is `mean`, `deviation`, `n`.",
    "cleanup": "An object: `orphans`, `stray`, `partials` (paths), `trash` (entries).",
    "check": "A list: `severity` (`damage` or `note`), `path`, `problem`, `offset`, `remedy`, "
    "`done`, `obstacle`, `trash`.",
    "doctor": "A list: `name`, `verdict` (`fine`, `warning`, `problem`), `found`, `advice`.",
    "deprecated list": f"A list: `path`, {_JOB}, `new_task_id`, `new_job_id`, `problem`, "
    "`obstacle`.",
    "tokens list": "A list: `name`, `path`, `total`, `available`, `holders` (a list of "
    f"{_JOB}, `path`, `count`, `since`).",
    "migrate v1-to-v2": "An object: `performed`, `experiments` (a list of `experiment_id`, "
    "`run_id`, `jobs`), `leftover`.",
    "parameters-difference": "A list: `path`, `before`, `after`, `before_place`, `after_place` "
    "(`file:line`).",
    "workspaces list": "A list: `id`, `path`, `remote`, `env`, `max_retries`, `triggers`.",
}
"""What `--json` prints, for each command that has it."""

_COMMON = {"--workdir", "--workspace", "--xpm-config-dir", "-h", "--help"}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and group of the tree, by what is typed; the root first, as an empty text."""

    def below(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for child in command.list_commands(context):
                found = command.get_command(context, child)
                assert found is not None
                yield from below(f"{name} {child}".strip(), found)

    return below("", cli)


def page() -> str:
    """The whole page, in Markdown."""
    parts = [INTRODUCTION]
    parts += [section(name, command) for name, command in commands()]
    return "\n".join(parts)


def section(name: str, command: click.Command) -> str:
    """What is said of one command."""
    level = "##" if " " not in name else "###"
    title = f"`{name}`" if name else "Options of all commands"
    lines = [f"{level} {title}", ""]
    if name and not isinstance(command, click.Group):
        arguments = [p.make_metavar(click.Context(command)) for p in _arguments(command)]
        lines += ["```text", " ".join(["experimaestro", name, *arguments]), "```", ""]
    lines += [_help(command), ""] if name else ["Before the command.", ""]
    if options := _options(command):
        lines += ["| option | effect |", "|---|---|", *options, ""]
    if name in JSON_SHAPES:
        lines += [f"With `--json`: {JSON_SHAPES[name][0].lower()}{JSON_SHAPES[name][1:]}", ""]
    return "\n".join(lines)


def _arguments(command: click.Command) -> list[click.Parameter]:
    return [p for p in command.params if isinstance(p, click.Argument)]


def _help(command: click.Command) -> str:
    """The help of a command, its block of verbatim lines as such."""
    paragraphs = inspect.cleandoc(command.help or "").split("\n\n")
    shown = []
    for paragraph in paragraphs:
        if paragraph.startswith("\b\n"):
            shown.append(f"```text\n{paragraph[2:]}\n```")
        elif paragraph.startswith("    "):
            shown.append(f"```text\n{inspect.cleandoc(paragraph)}\n```")
        else:
            shown.append(_without_angles(paragraph))
    return "\n\n".join(shown)


def _without_angles(text: str) -> str:
    """Text whose `<` would be taken for HTML."""
    return re.sub(r"<(\w+)>", r"`<\1>`", text)


def _options(command: click.Command) -> list[str]:
    """The rows of the options of a command."""
    rows = []
    for parameter in command.params:
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        spellings = [s for s in (*parameter.opts, *parameter.secondary_opts) if s not in _COMMON]
        if not spellings:
            continue
        value = "" if parameter.is_flag else f" {parameter.make_metavar(click.Context(command))}"
        value = value.replace("|", "\\|")
        names = ", ".join(f"`{spelling}`" for spelling in spellings[:-1])
        last = f"`{spellings[-1]}{value}`"
        repeated = "; may be repeated" if parameter.multiple else ""
        default = _default(parameter)
        text = (parameter.help or "").rstrip(".").replace("|", "\\|")
        rows.append(f"| {names + ', ' if names else ''}{last} | {text}{repeated}{default} |")
    return rows


def _default(option: click.Option) -> str:
    is_told = option.show_default and not option.is_flag
    return f"; `{option.default}` by default" if is_told else ""


if __name__ == "__main__":
    print(page(), end="")
