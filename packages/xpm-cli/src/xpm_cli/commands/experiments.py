"""`experimaestro experiments`: what was run in a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion, render
from xpm_cli.lazy import Address, LazyGroup
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xpm_store.index import ExperimentRow, RunRow
    from xpm_store.states import JobState


@click.group(
    "experiments",
    cls=LazyGroup,
    addresses={
        "history-prune": Address(
            "xpm_cli.commands.runs:history_prune", "Remove runs of an experiment (dry run first)."
        ),
        "tag": Address("xpm_cli.commands.runs:tag", "Give a name to a run."),
        "untag": Address("xpm_cli.commands.runs:untag", "Take a name from the run that has it."),
        "attach": Address(
            "xpm_cli.commands.attached:attach", "Show how a run goes, until it ends."
        ),
        "stop": Address("xpm_cli.commands.attached:stop", "Stop a run (dry run first)."),
        "actions": Address(
            "xpm_cli.commands.actions:actions", "List the actions that a run offers, and run one."
        ),
        "services": Address(
            "xpm_cli.commands.services:services", "List the services of a run, and start one again."
        ),
        "carbon": Address(
            "xpm_cli.commands.carbon:carbon", "What jobs used: energy and CO2, as estimates."
        ),
        "copy": Address("xpm_cli.commands.copy:copy", "Copy a run and its jobs elsewhere."),
        "tags": Address("xpm_cli.commands.runs:tags", "List the names of runs."),
    },
)
@workspace_options
def experiments() -> None:
    """List experiments and their runs; name and remove runs."""


@experiments.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def list_experiments(as_json: bool) -> None:
    """List the experiments, each with its current run."""
    with open_index(existing_workspace()) as index:
        rows = index.experiments()
    if as_json:
        render.print_json([_experiment_json(row) for row in rows])
    elif not rows:
        render.echo("No experiments found")
    for row in [] if as_json else rows:
        render.echo(_experiment_line(row))


def _experiment_line(row: ExperimentRow) -> str:
    """`ID [run: RUN] [HOST] (finished/total jobs)`, then what asks for attention."""
    name = render.style(escape_controls(row.experiment_id), fg="cyan")
    run = f" [run: {row.run_id}]" if row.run_id else ""
    host = f" [{escape_controls(row.hostname)}]" if row.hostname else ""
    return f"{name}{run}{host} ({_finished(row.counts)}/{row.total} jobs){_remark(row.counts)}"


def _finished(counts: Mapping[JobState, int]) -> int:
    return sum(number for state, number in counts.items() if state.finished())


def _remark(counts: Mapping[JobState, int]) -> str:
    """`, 2 failed, 3 running`, in colour; nothing when all is well and over."""
    by_name = {state.value: number for state, number in counts.items()}
    failed, running = by_name.get("error", 0), by_name.get("running", 0)
    text = render.style(f", {failed} failed", fg="red") if failed else ""
    return text + (render.style(f", {running} running", fg="cyan") if running else "")


def _experiment_json(row: ExperimentRow) -> dict[str, Any]:
    return {
        "experiment_id": row.experiment_id,
        "run_id": row.run_id,
        "status": str(row.status) if row.status else None,
        "hostname": row.hostname,
        "started_at": render.iso_time(row.started_at),
        "ended_at": render.iso_time(row.ended_at),
        "total_jobs": row.total,
        "finished_jobs": _finished(row.counts),
        "job_states": {state.value: number for state, number in row.counts.items()},
        "runs_count": row.runs,
    }


@experiments.command("history")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def history(experiment: str, as_json: bool) -> None:
    """List the runs of an experiment, the newest first."""
    with open_index(existing_workspace(), experiment) as index:
        rows = index.runs(experiment)[::-1]
    if as_json:
        render.print_json([_run_json(row) for row in rows])
        return
    render.print_table(
        ["Run ID", "Status", "Jobs", "Tags", "Started"],
        [
            [
                row.run_id,
                str(row.status),
                str(row.total),
                " ".join(row.run_tags) or "-",
                render.short_time(row.started_at),
            ]
            for row in rows
        ],
    )


def _run_json(row: RunRow) -> dict[str, Any]:
    return {
        "run_id": row.run_id,
        "status": str(row.status),
        "hostname": row.hostname,
        "started_at": render.iso_time(row.started_at),
        "ended_at": render.iso_time(row.ended_at),
        "jobs_count": row.total,
        "run_tags": list(row.run_tags),
    }
