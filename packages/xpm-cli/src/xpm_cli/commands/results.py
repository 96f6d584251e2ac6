"""`experimaestro results`: what the jobs of experiments reported, as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xpm_cli import completion, render
from xpm_cli.errors import NotFound
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from xpm_config.serialization.results import JobResult
    from xpm_store.index import Index
    from xpm_store.layout import Workspace


def _formats(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say in which form the table is wanted; text by default."""
    for name, help in (
        ("latex", "As a LaTeX tabular (package booktabs)."),
        ("json", "As JSON."),
        ("csv", "As comma-separated values, with all their digits."),
    ):
        command = click.option(f"--{name}", "form", flag_value=name, help=help)(command)
    return command


@click.command("results")
@click.argument(
    "experiments",
    metavar="EXPERIMENT...",
    nargs=-1,
    required=True,
    shell_complete=completion.experiments,
)
@click.option("--run", metavar="R", help="Of this run; of the current one by default.")
@click.option("--all-runs", is_flag=True, help="Of all the runs, each job once.")
@click.option(
    "--over",
    multiple=True,
    metavar="COLUMN",
    help="Group the jobs that differ in this only, e.g. seed: mean ± deviation (n).",
)
@click.option("--task", metavar="T", help="Only the jobs of this task, or its last part.")
@click.option("--filter", "where", metavar="EXPR", help="E.g. '@state = done and lr = 0.1'.")
@click.option("--all", "everything", is_flag=True, help="Also the jobs that reported nothing.")
@click.option(
    "--file",
    metavar="NAME",
    default="results.json",
    show_default=True,
    help="The JSON file, in the folder of each job, that holds what it found.",
)
@click.option(
    "--parquet",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a Parquet file; needs pyarrow.",
)
@_formats
@workspace_options
def results(
    experiments: tuple[str, ...],
    run: str | None,
    all_runs: bool,
    over: tuple[str, ...],
    task: str | None,
    where: str | None,
    everything: bool,
    file: str,
    parquet: Path | None,
    form: str | None,
) -> None:
    """Show what the jobs of EXPERIMENTs reported, beside what varies between them.

    A task reports with `self.report(accuracy=0.93)`, or writes a JSON file: `results.json` in the
    folder of the job, or the one that --file names. Nothing of the user's code is imported.
    """
    if run and all_runs:
        raise click.UsageError("--run and --all-runs exclude each other")
    if run and len(experiments) > 1:
        raise click.UsageError("--run is about one experiment")
    from xpm_config.serialization.results import Results  # lazy

    from xpm_cli.result_formats import PRINTERS, write_parquet

    workspace = existing_workspace()
    found: dict[str, JobResult] = {}
    with open_index(workspace) as index:
        for name in experiments:
            runs = [r.run_id for r in index.runs(name)] if all_runs else [run]
            for run_id in runs:
                for job in _of_run(workspace, index, name, run_id, where, file):
                    found[job.job_id] = job
    table = Results(tuple(found.values())).where(
        lambda job: (everything or job.values) and (task is None or _is_of(job.task_id, task))
    )
    if not table.jobs:
        raise NotFound(
            "No job reported anything: a task does it with self.report(accuracy=0.93), or writes a "
            f"JSON file that --file names (now: {file}). All the jobs: --all"
        )
    rows = table.grouped(over) if over else table.rows()
    if parquet is not None:
        write_parquet(rows, parquet)
        render.note(f"{len(rows)} rows written to {parquet}")
    if parquet is None or form is not None:
        PRINTERS[form or "text"](rows)


def _is_of(task_id: str, wanted: str) -> bool:
    return task_id == wanted or task_id.endswith(f".{wanted}")


def _of_run(
    workspace: Workspace,
    index: Index,
    experiment: str,
    run: str | None,
    where: str | None,
    file: str,
) -> list[JobResult]:
    """What the jobs of one run reported, as far as the filter keeps them."""
    from xpm_config.serialization.results import read_results  # lazy

    rows = index.runs(experiment)
    current = next((row.run_id for row in rows if row.is_current), rows[-1].run_id)
    jobs = index.jobs(experiment=experiment, run=run or current, where=where)
    kept = {row.job_id for row in jobs}
    folder = workspace.experiment(experiment).run(run or current).path
    source = {"experiment": experiment, "run": run or current}
    try:
        table = read_results(folder, file=file, source=source)
    except FileNotFoundError as error:
        raise NotFound(str(error)) from None
    return [job for job in table.jobs if job.job_id in kept]
