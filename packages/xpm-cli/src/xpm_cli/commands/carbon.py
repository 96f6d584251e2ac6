"""`experimaestro experiments carbon`: what jobs used, as it was estimated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render
from xpm_cli.disk_usage import size_text
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from xpm_store.carbon import CarbonSum, Measure


@click.group("carbon")
@workspace_options
def carbon() -> None:
    """What jobs used: energy and CO2, as estimates."""


def _pattern(
    _ctx: click.Context, _parameter: click.Parameter, value: str | None
) -> re.Pattern[str] | None:
    try:
        return re.compile(value) if value else None
    except re.error as error:
        raise click.BadParameter(f"{value!r} is no regular expression: {error}") from None


@carbon.command("summary")
@click.option(
    "-n", "--name", callback=_pattern, metavar="REGEX", help="Experiments whose name matches."
)
@click.option("-t", "--tag", multiple=True, metavar="T", help="Runs that have this name.")
@click.option("--latest-only", is_flag=True, help="The last execution of each job only.")
@click.option("-v", "--verbose", is_flag=True, help="Also for each experiment.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def summary(
    name: re.Pattern[str] | None,
    tag: tuple[str, ...],
    latest_only: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Sum what the jobs of experiments used: CO2, energy, time.

    Without --name nor --tag, all that is recorded in the workspace counts, of jobs that were
    removed too.
    """
    from xpm_store.carbon import CarbonSum  # lazy

    measures = _measures(latest_only=latest_only)
    by_experiment = _jobs_of(name, tag)
    wanted: set[str] | None = None
    if name or tag:
        wanted = {job for jobs in by_experiment.values() for job in jobs}
    total = CarbonSum.of([m for m in measures if wanted is None or m.job_id in wanted])
    parts = {
        experiment: CarbonSum.of([m for m in measures if m.job_id in jobs])
        for experiment, jobs in (by_experiment.items() if verbose or as_json else ())
    }
    if as_json:
        render.print_json(
            {
                "totals": total.to_json(),
                "filters": {
                    "name": name.pattern if name else None,
                    "tags": list(tag),
                    "latest_only": latest_only,
                },
                "experiments": {key: part.to_json() for key, part in parts.items()},
            }
        )
        return
    rows = [["all", *_cells(total)]]
    rows += [[escape_controls(experiment), *_cells(part)] for experiment, part in parts.items()]
    render.print_table(["", "CO2", "Energy", "Time", "Jobs"], rows)


def _cells(total: CarbonSum) -> list[str]:
    return [
        f"{total.co2_kg:.3g} kg",
        f"{total.energy_kwh:.3g} kWh",
        f"{total.duration_s / 3600:.2f} h",
        str(total.job_count),
    ]


def _measures(*, latest_only: bool) -> list[Measure]:
    from xpm_store.carbon import measures  # lazy

    found = list(measures(existing_workspace()))
    return list({m.job_id: m for m in found}.values()) if latest_only else found


def _jobs_of(name: re.Pattern[str] | None, tags: tuple[str, ...]) -> dict[str, set[str]]:
    """The jobs of the experiments, or runs, that the options keep."""
    found: dict[str, set[str]] = {}
    with open_index(existing_workspace()) as index:
        for row in index.experiments():
            if name is not None and not name.search(row.experiment_id):
                continue
            for run in index.runs(row.experiment_id):
                if tags and not set(tags) & set(run.run_tags):
                    continue
                jobs = index.jobs(experiment=row.experiment_id, run=run.run_id)
                found.setdefault(row.experiment_id, set()).update(job.job_id for job in jobs)
    return found


@carbon.command("stats")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def stats(as_json: bool) -> None:
    """Say how many records are kept, and what they take on the disk."""
    from xpm_store.carbon import stats as count  # lazy

    found = count(existing_workspace())
    if as_json:
        render.print_json(
            {"records": found.records, "files": found.files, "size_bytes": found.size_bytes}
        )
    elif not found.records:
        render.echo("No carbon records found.")
    else:
        size = size_text(found.size_bytes)
        render.echo(f"{found.records} records in {found.files} files, {size}")
