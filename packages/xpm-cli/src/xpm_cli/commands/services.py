"""`experimaestro experiments services`: what a run offers beside its jobs, made again here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from xpm_monitor.text import escape_controls

from xpm_cli import completion, render
from xpm_cli.errors import CliError
from xpm_cli.workspace_options import existing_workspace, open_index, workspace_options

if TYPE_CHECKING:
    from xpm_store.records import Service as Recorded


@click.group("services")
@workspace_options
def services() -> None:
    """List the services of a run, and start one again."""


@services.command("list")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--run", metavar="R", help="Of this run; of the current one by default.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@workspace_options
def list_services(experiment: str, run: str | None, as_json: bool) -> None:
    """List the services of an EXPERIMENT."""
    found = _recorded(experiment, run)
    if as_json:
        render.print_json([_as_json(one) for one in found])
    elif not found:
        render.echo("This run offers no service.")
    else:
        render.print_table(
            ["Service", "State", "Description", "URL"],
            [
                [
                    escape_controls(one.service_id),
                    str(one.extra.get("state") or "STOPPED").lower(),
                    escape_controls(one.description),
                    escape_controls(str(one.extra.get("url") or "-")),
                ]
                for one in found
            ],
        )


def _recorded(experiment: str, run: str | None) -> list[Recorded]:
    with open_index(existing_workspace(), experiment) as index:
        return index.services(experiment, run)


def _as_json(one: Recorded) -> dict[str, Any]:
    return {
        "service_id": one.service_id,
        "state": str(one.extra.get("state") or "STOPPED"),
        "description": one.description,
        "class": one.service_class,
        "url": one.extra.get("url"),
        "error": one.extra.get("error"),
    }


@services.command("start")
@click.argument("service", metavar="ID[/SUB]")
@click.argument("experiment", shell_complete=completion.experiments)
@click.option("--run", metavar="R", help="Of this run; of the current one by default.")
@workspace_options
def start(service: str, experiment: str, run: str | None) -> None:
    """Start a service of an EXPERIMENT again, here, until Ctrl+C.

    It is made from what its run recorded of it: its class must be importable.
    """
    from threading import Event  # lazy, as the rest

    from xpm_scheduler.services import Service, WebService, resolve_service

    name = service.partition("/")[0]
    made = {
        one.service_id: Service.from_state_dict(one.service_class, one.state_dict)
        for one in _recorded(experiment, run)
        if one.service_id == name
    }
    found = resolve_service(made, service)
    if not isinstance(found, WebService):
        raise CliError(f"the service {service} is not a web service: there is nothing to start")
    try:
        render.echo(f"{service} is served at {found.get_url()}")
        render.note("Ctrl+C ends it.")
        Event().wait()
    except KeyboardInterrupt:
        render.note("Stopped.")
    finally:
        found.stop()
