"""The entry point of `experimaestro` and `xpm`: global options, lazy groups, one error boundary."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from xpm_cli.lazy import Address, LazyGroup

COMMANDS = {
    "run-experiment": Address(
        "xpm_cli.commands.run_experiment:run_experiment",
        "Run the experiment described in YAML_FILE.",
    ),
    "experiments": Address(
        "xpm_cli.commands.experiments:experiments",
        "List experiments and their runs; name and remove runs.",
    ),
    "jobs": Address(
        "xpm_cli.commands.jobs:jobs", "List jobs; show their logs; stop and remove them."
    ),
    "why": Address(
        "xpm_cli.commands.why:why", "Say why a job runs, waits, failed, ran again or was reused."
    ),
    "results": Address(
        "xpm_cli.commands.results:results", "Show what the jobs of EXPERIMENTs reported."
    ),
    "orphans": Address(
        "xpm_cli.commands.removal:orphans", "Show, or remove, the jobs that no run lists."
    ),
    "cleanup": Address("xpm_cli.commands.cleanup:cleanup", "Remove what nobody needs."),
    "undo": Address("xpm_cli.commands.removal:undo", "Bring back what was removed last."),
    "check": Address(
        "xpm_cli.commands.check:check", "Look for damage in the files of a workspace, and mend it."
    ),
    "doctor": Address(
        "xpm_cli.commands.doctor:doctor",
        "Look at what experiments need here, and say what to mend.",
    ),
    "deprecated": Address(
        "xpm_cli.commands.deprecated:deprecated",
        "Find the jobs whose identifier the present code does not compute any more.",
    ),
    "tokens": Address(
        "xpm_cli.commands.tokens:tokens",
        "List the counted resources that jobs share, and who holds them.",
    ),
    "migrate": Address(
        "xpm_cli.commands.migrate:migrate",
        "Bring a workspace of an earlier version to the present one.",
    ),
    "parameters-difference": Address(
        "xpm_cli.commands.parameters_difference:parameters_difference",
        "Show where two jobs differ.",
    ),
    "refactor": Address(
        "xpm_cli.commands.refactor:refactor", "Rewrite source files for the current version."
    ),
    "schema": Address(
        "xpm_cli.commands.schema:schema", "Print the JSON schema of an experiment file."
    ),
    "workspaces": Address(
        "xpm_cli.commands.workspaces:workspaces", "List the workspaces of the settings."
    ),
    "completion": Address(
        "xpm_cli.commands.completion:completion", "Print what makes a SHELL complete commands."
    ),
    "version": Address("xpm_cli.commands.version:version", "Print the version and nothing else."),
}


class RootGroup(LazyGroup):
    """The root of the tree, and the only place where an exception becomes a message."""

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run a command line and exit with its code; never a traceback unless it is asked for."""
        kwargs["standalone_mode"] = False
        argv = kwargs.get("args")
        asked = list(sys.argv[1:] if argv is None else argv)
        try:
            code = super().main(*args, **kwargs)
        except click.exceptions.Exit as stop:
            code = stop.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except (KeyboardInterrupt, click.Abort):
            click.echo("Interrupted.", err=True)
            code = 130
        except Exception as error:
            code = _report(error, traceback={"--traceback", "--debug"} & set(asked) != set())
        sys.exit(code if isinstance(code, int) else 0)


def _report(error: Exception, *, traceback: bool) -> int:
    # lazy: `errors` imports xpm_config, which `--help` does not need
    from xpm_cli import colours, errors

    if traceback:
        click.echo(errors.full_traceback(error), err=True)
    explanation = errors.explain(error)
    if explanation.text:
        prefix = colours.style(sys.stderr, "Error:", fg="red", bold=True)
        click.echo(f"{prefix} {explanation.text}", err=True)
    return explanation.exit_code


def _print_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from xpm_cli.commands.version import installed_version  # lazy

        click.echo(f"experimaestro {installed_version()}")
        ctx.exit()


@click.group(
    name="experimaestro",
    cls=RootGroup,
    addresses=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--quiet", is_flag=True, help="Log warnings and errors only.")
@click.option("--debug", is_flag=True, help="Log everything; show tracebacks.")
@click.option(
    "--logging",
    "levels",
    metavar="NAME=LEVEL,...",
    help="Level of some loggers, e.g. xpm.scheduler=DEBUG,matplotlib=ERROR.",
)
@click.option("--traceback", is_flag=True, help="Show the Python traceback of an error.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and exit.",
)
def cli(quiet: bool, debug: bool, levels: str | None, traceback: bool) -> None:
    """Experiments made of typed tasks that run once.

    Start one with `experimaestro run-experiment FILE.yaml`, then look at it with
    `experimaestro experiments list` and `experimaestro jobs list`.
    """
    del traceback  # read by the error boundary, which must know it even when parsing fails
    from xpm_cli.logs import set_up_logging  # lazy: `--help` needs no logging

    set_up_logging(quiet=quiet, debug=debug, levels=levels)


def main() -> NoReturn:
    """The `experimaestro` command."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed by who started us: `>&-`
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open to the end
    cli.main()
