"""`experimaestro experiments actions`: what a run offers to do with its results."""

from __future__ import annotations

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion, render
from xpm_cli.errors import BadInput
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options


@click.group("actions")
@workspace_options
def actions() -> None:
    """List the actions that a run offers, and run one."""


@actions.command("list")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--run", metavar="R", help="Of this run; of the current one by default.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def list_actions(experiment: str, run: str | None, as_json: bool) -> None:
    """List the actions of an EXPERIMENT."""
    with open_index(existing_workspace(), experiment) as index:
        found = index.actions(experiment, run)
    if as_json:
        render.print_json([action.to_json() for action in found])
    elif not found:
        render.echo("This run offers no action.")
    else:
        render.print_table(
            ["Action", "Description", "Class"],
            [
                [one.action_id[:12], escape_controls(one.description), one.action_class]
                for one in found
            ],
        )


@actions.command("run")
@click.argument("experiment", shell_complete=completion.experiments)
@click.argument("action")
@click.option("--run", metavar="R", help="Of this run; of the current one by default.")
@click.option("--set", "answers", multiple=True, metavar="KEY=VALUE", help="Answer a question.")
@workspace_options
def run_action(experiment: str, action: str, run: str | None, answers: tuple[str, ...]) -> None:
    """Run an ACTION of an EXPERIMENT.

    ACTION is the name of its class, its identifier, or the beginning of it. It asks its questions
    here, but for those that --set answers.
    """
    prefill = {}
    for answer in answers:
        key, equals, value = answer.partition("=")
        if not equals or not key:
            raise BadInput(f"--set {answer}: expected KEY=VALUE")
        prefill[key] = value
    from xpm_config.actions import CLIInteraction  # lazy
    from xpm_scheduler.actions import run_action as run_it

    run_it(existing_workspace(), experiment, action, CLIInteraction(prefill), run_id=run)
