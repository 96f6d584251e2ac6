"""`experimaestro check`: what is damaged in a workspace, and its repair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import render
from xpm_cli.job_selection import confirmed
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xpm_store.check import Finding, Repaired
    from xpm_store.layout import Workspace


@click.command("check")
@click.option("--repair", "--perform", is_flag=True, help="Mend what can be; else only show.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
@click.pass_context
def check(ctx: click.Context, repair: bool, yes: bool, as_json: bool) -> None:
    """Look for damage in the files of a workspace, and mend it.

    Every record, list and event is read; the workspace may be in use. What a repair removes goes to
    the trash: `experimaestro undo` brings it back. Exit code: 1 when there is damage that was not
    mended.
    """
    workspace = existing_workspace()
    from xpm_store.check import Severity  # lazy
    from xpm_store.check import check as find

    with open_index(workspace) as index:
        findings = find(workspace, index)
    outcomes: Sequence[Repaired] = ()
    if repair and findings:
        outcomes = _repaired(workspace, findings, yes=yes)
    mended = {id(outcome.finding) for outcome in outcomes if outcome.done is not None}
    if as_json:
        render.print_json([_as_json(finding, outcomes) for finding in findings])
    else:
        _echo(findings, outcomes)
        if any(f.remedy for f in findings) and not repair:
            render.note("to mend what can be, add --repair")
    damage = [f for f in findings if f.severity is Severity.DAMAGE and id(f) not in mended]
    ctx.exit(1 if damage else 0)


def _repaired(
    workspace: Workspace, findings: Sequence[Finding], *, yes: bool
) -> Sequence[Repaired]:
    from xpm_store.check import repair  # lazy

    able = [finding for finding in findings if finding.remedy is not None]
    if not able or not confirmed(f"Mend {len(able)} of {len(findings)} findings?", yes=yes):
        return ()
    return repair(workspace, able)


def _echo(findings: Sequence[Finding], outcomes: Sequence[Repaired]) -> None:
    if not findings:
        render.echo("Nothing is wrong.")
    by_finding = {id(outcome.finding): outcome for outcome in outcomes}
    for finding in findings:
        is_damage = finding.severity.value == "damage"
        word = render.style(f"{finding.severity.value:<7}", fg="red" if is_damage else "yellow")
        render.echo(f"{word} {escape_controls(str(finding))}")
        outcome = by_finding.get(id(finding))
        if outcome is not None:
            done = outcome.done or f"left: {outcome.obstacle}"
            render.echo(f"        → {escape_controls(done)}")
        elif finding.remedy is not None:
            render.echo(f"        repair: {finding.remedy.value}")


def _as_json(finding: Finding, outcomes: Sequence[Repaired]) -> dict[str, Any]:
    outcome = next((one for one in outcomes if one.finding is finding), None)
    return {
        "severity": finding.severity.value,
        "path": str(finding.path),
        "problem": finding.problem,
        "offset": finding.offset,
        "remedy": finding.remedy.value if finding.remedy else None,
        "done": outcome.done if outcome else None,
        "obstacle": outcome.obstacle if outcome else None,
        "trash": outcome.trash if outcome else None,
    }
