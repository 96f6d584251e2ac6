"""Running an action: its process, and the answers to its questions."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from xpm_store.layout import RunFolder, Workspace
from xpm_store.records import Action

from xpm_scheduler.actions.errors import ActionFailed, NoSuchAction
from xpm_scheduler.actions.exchange import answer_to, receive, send

if TYPE_CHECKING:
    from xpm_config.actions import Interaction

__all__ = ["find_action", "run_action"]

_END_S = 5.0


def run_action(
    workspace: str | Path | Workspace,
    experiment_id: str,
    action: str,
    interaction: Interaction,
    *,
    run_id: str | None = None,
    output: IO[Any] | int | None = None,
) -> None:
    """Runs an action of a run in a process of its own; its questions are asked here.

    The action is executed once, from its start to its end: it waits for each answer. Its class is
    found where the run found it, in a script too.

    Args:
        workspace: The workspace, or its folder.
        experiment_id: The experiment.
        action: The identifier of the action, the beginning of it, or the name of its class.
        interaction: How questions are asked; what it raises ends the action and is raised here.
        run_id: The run; by default the current one.
        output: Where what the action prints goes (a file or a descriptor); by default here.

    Raises:
        NoSuchExperiment: There is no such experiment or run.
        NoSuchAction: No action, or several, answer to `action`.
        ActionFailed: The action raised, or its process died.

    Concurrency: blocks; run it in a thread of its own beside an event loop.

    Example:
        >>> run_action("workdir", "sweep", "ExportToHub", CLIInteraction({"name": "small"}))
        ... # doctest: +SKIP
    """
    layout = workspace if isinstance(workspace, Workspace) else Workspace(Path(workspace))
    run, found = find_action(layout, experiment_id, action, run_id=run_id)
    process, questions, answers = _start(run, found.action_id, output)
    try:
        with questions, answers:
            end = _converse(questions, answers, interaction)
    except BaseException:
        _end(process)
        raise
    code = process.wait()
    name = f"{found.description!r} ({found.action_class})"
    if end is None:
        raise ActionFailed(name, f"its process ended with code {code} and left no word")
    if "failed" in end:
        raise ActionFailed(name, str(end["failed"]), str(end.get("details") or ""))


def find_action(
    workspace: Workspace, experiment_id: str, text: str, *, run_id: str | None = None
) -> tuple[RunFolder, Action]:
    """The action that a text names, with its run; see `run_action`.

    Raises:
        NoSuchExperiment: There is no such experiment or run.
        NoSuchAction: No action, or several, answer to it.
    """
    from xpm_store.index import Index  # lazy: loads SQLite

    with Index.open(workspace) as index:
        index.sync(experiment=experiment_id)
        actions = index.actions(experiment_id, run_id)
        if run_id is None:
            run_id = next(
                row.run_id for row in index.experiments() if row.experiment_id == experiment_id
            )
    found = _matching(actions, text)
    if len(found) != 1:
        shown = [f"{one.action_id[:12]}  {one.description}" for one in found or actions]
        problem = f"several actions answer to {text!r}" if found else f"no action is named {text!r}"
        if not actions:
            problem = f"{experiment_id!r} (run {run_id}) offers no action"
        raise NoSuchAction(text, problem, shown)
    return workspace.experiment(experiment_id).run(run_id), found[0]


def _matching(actions: list[Action], text: str) -> list[Action]:
    """The actions of an identifier, else of its beginning, else of a class."""
    tests = (
        lambda one: one.action_id == text,
        lambda one: bool(text) and one.action_id.startswith(text),
        lambda one: text in (one.action_class, _class_name(one.action_class)),
    )
    for test in tests:
        found = [one for one in actions if test(one)]
        if found:
            return found
    return []


def _class_name(action_class: str) -> str:
    """The last part, without what 2.x adds to it."""
    return action_class.removesuffix(".XPMConfig").rpartition(".")[2]


def _start(
    run: RunFolder, action_id: str, output: IO[Any] | int | None
) -> tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes]]:
    """The process of the action, its questions, and where answers go."""
    questions, asked = os.pipe()
    replies, answers = os.pipe()
    # -P: the working folder must not hide modules
    command = [sys.executable, "-P", "-m", "xpm_scheduler.actions.child", str(run.path.absolute())]
    try:
        process = subprocess.Popen(
            [*command, action_id, str(asked), str(replies)],
            pass_fds=(asked, replies),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    except BaseException:
        os.close(questions)
        os.close(answers)
        raise
    finally:
        os.close(asked)
        os.close(replies)
    return process, os.fdopen(questions, "rb"), os.fdopen(answers, "wb")


def _converse(
    questions: IO[bytes], answers: IO[bytes], interaction: Interaction
) -> dict[str, Any] | None:
    """Answers until the action has ended; its last word, None when it left none."""
    while True:
        message = receive(questions)
        if message is None or "ask" not in message:
            return message
        try:
            answer = answer_to(message, interaction)
        except BaseException as error:
            with suppress(OSError):
                send(answers, {"refused": f"{type(error).__name__}: {error}"})
            receive(questions)  # the action has put in order what it had begun
            raise
        with suppress(BrokenPipeError):
            send(answers, {"answer": answer})


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process of an action that nobody waits for any more."""
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
