"""`experimaestro run-experiment`: an experiment described in YAML, from its file to its results."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xpm_cli import render
from xpm_cli.workspace_options import selected, workspace_options

if TYPE_CHECKING:
    from xpm_config.modes import RunMode

    from xpm_cli.base_configuration import ConfigurationBase
    from xpm_cli.experiment_file import ExperimentFile
    from xpm_cli.running import View
    from xpm_cli.user_code import UserExperiment

# every spelling that 2.x uses, lower case and with underscores: `dry-run`, `DRY_RUN`, `generate`
_RUN_MODES = {
    "normal": "normal",
    "generate": "generate",
    "generate_only": "generate",
    "dry_run": "dry-run",
    "prepare": "prepare",
}


def _run_mode(ctx: click.Context, parameter: click.Parameter, value: str) -> RunMode:
    """The run mode of this name, in any spelling; a usage error when there is none."""
    from xpm_config.modes import RunMode  # lazy: the help needs no configuration

    name = value.lower().replace("-", "_")
    if name not in _RUN_MODES:
        raise click.BadParameter(
            f"{value!r} is no run mode; expected normal, dry-run, generate or prepare"
        )
    return RunMode(_RUN_MODES[name])


EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line said, beside the file."""

    run_mode: RunMode
    view: View
    env: tuple[tuple[str, str], ...] = ()
    args: tuple[str, ...] = field(default=())


@click.command("run-experiment")
@click.argument("yaml_file", type=EXISTING_FILE)
@click.argument("args", nargs=-1)
@click.option(
    "-c",
    "--conf",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key of the file, read as YAML: a.b=1, +list=item, ~key.",
)
@click.option(
    "--pre-yaml",
    multiple=True,
    type=EXISTING_FILE,
    metavar="FILE",
    help="Merge before YAML_FILE, which then wins.",
)
@click.option(
    "--post-yaml",
    multiple=True,
    type=EXISTING_FILE,
    metavar="FILE",
    help="Merge after YAML_FILE; this file then wins.",
)
@click.option("--file", metavar="FILE", help="Python file with `run`, instead of the key `file`.")
@click.option("--module-name", metavar="MODULE", help="Instead of the key `module`.")
@click.option(
    "--run-mode",
    callback=_run_mode,
    metavar="MODE",
    default="normal",
    show_default=True,
    help="normal, dry-run, generate (write the files of the jobs) or prepare.",
)
@click.option(
    "--env",
    multiple=True,
    nargs=2,
    metavar="NAME VALUE",
    help="Set a variable in the environment of the jobs.",
)
@click.option("--detach", is_flag=True, help="Go on in the background once the run has begun.")
@click.option("--events-viewer", is_flag=True, help="Print the events as they come.")
@click.option(
    "--events-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How events are printed.",
)
@click.option("--no-progress", is_flag=True, help="No live display; of events, no progress.")
@click.option("--show", is_flag=True, help="Print the merged file as JSON; run nothing.")
@click.option("--quiet", is_flag=True, help="Log warnings and errors only.")
@click.option("--debug", is_flag=True, help="Log everything; show tracebacks.")
@click.option("--logging", "levels", metavar="NAME=LEVEL,...", help="Level of some loggers.")
@click.option("--traceback", is_flag=True, help="Show the Python traceback of an error.")
@workspace_options
@click.pass_context
def run_experiment(
    ctx: click.Context,
    yaml_file: Path,
    args: tuple[str, ...],
    conf: tuple[str, ...],
    pre_yaml: tuple[Path, ...],
    post_yaml: tuple[Path, ...],
    file: str | None,
    module_name: str | None,
    run_mode: RunMode,
    env: tuple[tuple[str, str], ...],
    detach: bool,
    events_viewer: bool,
    events_format: str,
    no_progress: bool,
    show: bool,
    quiet: bool,
    debug: bool,
    levels: str | None,
    traceback: bool,
) -> None:
    """Run the experiment described in YAML_FILE.

    ARGS go to the experiment's helper; write them after `--` when they begin with a dash.

    Exit code: 0 when all jobs are done, 1 when some failed, 2 when the file is wrong, 130 when
    interrupted.
    """
    del traceback  # read by the error boundary
    if detach:
        ctx.exit(_detach())
    from xpm_cli.experiment_file import load  # lazy: the help reads no YAML

    source = load(yaml_file, pre=pre_yaml, post=post_yaml, overrides=conf)
    if show:
        render.print_json(source.plain())
        return
    _logging(ctx, quiet=quiet, debug=debug, levels=levels)
    from xpm_cli.user_code import import_experiment  # lazy

    code = import_experiment(source, file=file, module=module_name)
    configuration = source.typed(code.schema)
    from xpm_cli.running import View  # lazy: loads the scheduler

    view = View(events=events_viewer, form=events_format, progress=not no_progress)
    ctx.exit(_run(source, code, configuration, RunOptions(run_mode, view, env, args)))


def _detach() -> int:
    """Start this command again in the background; the exit code."""
    import sys  # lazy, as the rest

    from xpm_cli.detaching import Detached, start_detached, without_detach

    started = start_detached(without_detach(sys.argv[1:]))
    if not isinstance(started, Detached):
        return started
    render.echo(f"{started.experiment_id} {started.run_id} goes on as process {started.pid}")
    render.echo(f"  what it prints:  {started.output}")
    render.note(f"To watch it: experimaestro experiments attach {started.experiment_id}")
    render.note(f"To stop it:  experimaestro experiments stop {started.experiment_id}")
    return 0


def _logging(ctx: click.Context, *, quiet: bool, debug: bool, levels: str | None) -> None:
    """The logging options are the same before and after the name of the command."""
    from xpm_cli.logs import set_up_logging  # lazy

    above = ctx.parent.params if ctx.parent else {}
    set_up_logging(
        quiet=quiet or above.get("quiet", False),
        debug=debug or above.get("debug", False),
        levels=",".join(filter(None, [above.get("levels"), levels])),
    )


def experiment_name(source: ExperimentFile, configuration: Any, keys: ConfigurationBase) -> str:
    """The id of the experiment, with the time when the file asks for it."""
    from time import strftime  # lazy

    from xpm_cli.errors import BadInput

    name = getattr(configuration, "id", None) or keys.id
    if not name:
        raise BadInput(f"{source.shown_path}: 'id' is missing: the name of the experiment")
    stamped = getattr(configuration, "add_timestamp", keys.add_timestamp)
    return f"{name}-{strftime('%Y%m%d-%H%M')}" if stamped else str(name)


def _run(
    source: ExperimentFile, code: UserExperiment, configuration: Any, options: RunOptions
) -> int:
    """Run the experiment and tell how it ended; the exit code."""
    from xpm_config.modes import RunMode

    from xpm_cli.running import RunPlan, run_dry, run_watched  # lazy: loads the scheduler

    keys = source.general_keys()
    name = experiment_name(source, configuration, keys)
    workspace = selected(name)
    if workspace.is_default:
        render.note(
            f"No workspace is configured: using {workspace.path} (another: --workdir FOLDER)"
        )
    plan = RunPlan(
        name=name,
        workspace=workspace,
        run_mode=options.run_mode,
        project=source.folder,
        dirty_git=getattr(configuration, "dirty_git", keys.dirty_git),
        python_path=code.python_path,
        env=options.env,
        body=lambda helper: helper.run(list(options.args), configuration),
        helper=code.helper,
        where=code.where,
        view=options.view,
    )
    return run_watched(plan) if options.run_mode is RunMode.NORMAL else run_dry(plan)
