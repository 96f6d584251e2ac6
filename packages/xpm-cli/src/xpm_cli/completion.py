"""What a shell is offered on TAB: the experiments, jobs, runs and tags of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click
    from click.shell_completion import CompletionItem
    from xpm_store.index import Index

    Offers = list[CompletionItem]

MOST_JOBS = 200
"""Jobs offered at most: a shell shows no more, and a workspace may have a hundred thousand."""

SHELLS = ("bash", "zsh", "fish")
"""The shells that are known."""


def _item(name: str, help: str | None = None) -> CompletionItem:
    from click.shell_completion import CompletionItem  # lazy: the help of a command needs it not

    return CompletionItem(name, help=help)


def _from_index(ctx: click.Context, find: Callable[[Index], Iterable[CompletionItem]]) -> Offers:
    """What a question to the index gives; nothing when there is no workspace, never an error."""
    from xpm_cli import workspace_options  # lazy: only a shell that completes needs the index

    try:
        with (
            ctx.scope(cleanup=False),
            workspace_options.open_index(workspace_options.existing_workspace()) as index,
        ):
            return list(find(index))
    except Exception:  # a shell that completes shows nothing, whatever happens
        return []


def experiments(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Offers:
    """The experiments whose name begins so."""
    return _from_index(
        ctx,
        lambda index: (
            _item(row.experiment_id, help=f"{row.status.value}, {row.total} jobs")
            for row in index.experiments()
            if row.experiment_id.startswith(incomplete)
        ),
    )


def jobs(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Offers:
    """The newest jobs whose `TASK/ID`, or ID, begins so."""

    def found(index: Index) -> Iterable[CompletionItem]:
        names = (
            (row, f"{row.task_id}/{row.job_id}", row.job_id)
            for row in index.jobs(limit=10 * MOST_JOBS)
        )
        matching = [
            _item(name if name.startswith(incomplete) else job_id, help=row.state.value)
            for row, name, job_id in names
            if name.startswith(incomplete) or (incomplete and job_id.startswith(incomplete))
        ]
        return matching[:MOST_JOBS]

    return _from_index(ctx, found)


def runs(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Offers:
    """The runs of the experiment given before, the newest first, then `latest` and `oldest`."""
    return _of_experiment(
        ctx,
        incomplete,
        lambda index, name: [*(row.run_id for row in index.runs(name)[::-1]), "latest", "oldest"],
    )


def run_tags(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Offers:
    """The names of the runs of the experiment given before."""
    return _of_experiment(
        ctx,
        incomplete,
        lambda index, name: sorted(tag for row in index.runs(name) for tag in row.run_tags),
    )


def _of_experiment(
    ctx: click.Context, incomplete: str, names: Callable[[Index, str], Iterable[str]]
) -> Offers:
    experiment = ctx.params.get("experiment")
    if not experiment:
        return []
    return _from_index(
        ctx,
        lambda index: (
            _item(name) for name in names(index, experiment) if name.startswith(incomplete)
        ),
    )


def filters(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Offers:
    """The beginnings of a filter: `@state`, `@name`, and the tags of the newest jobs."""

    def found(index: Index) -> Iterable[CompletionItem]:
        tags = {str(name) for row in index.jobs(limit=MOST_JOBS) for name in row.tags}
        return (
            _item(name)
            for name in ("@state", "@name", *sorted(tags))
            if name.startswith(incomplete)
        )

    return _from_index(ctx, found)
