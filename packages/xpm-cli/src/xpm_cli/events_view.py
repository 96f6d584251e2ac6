"""Shows the events of a run as they come: a line each, for people or for programs."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self, TextIO

from xpm_monitor.text import escape_controls
from xpm_store.events import EventReader, encode, event_files
from xpm_store.events.kinds import (
    ActionAdded,
    CarbonMeasured,
    Event,
    JobChanged,
    JobInRunChanged,
    JobProgressed,
    RunCompleted,
    ServiceAdded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    from xpm_store.layout import RunFolder, Workspace

READ_INTERVAL_S = 0.2
"""How often event files are read: what happens is seen at once, for little work."""


class EventsView:
    """Prints the events of a run for as long as its `with` block lasts.

    Args:
        workspace: The workspace.
        run: The run.
        form: `text`, or `json`: the lines of the event files as they are.
        with_progress: Print how far jobs are too.
        stream: Where to print; standard output by default.
        since: Events of jobs before this time (seconds since 1970) are those of earlier runs.

    Attributes:
        problem: What stopped the display, if something did: the run itself goes on.
    """

    def __init__(
        self,
        workspace: Workspace,
        run: RunFolder,
        *,
        form: str = "text",
        with_progress: bool = True,
        stream: TextIO | None = None,
        since: float = 0.0,
    ) -> None:
        self.problem: Exception | None = None
        self._workspace = workspace
        self._run = run
        self._form = form
        self._with_progress = with_progress
        self._stream = stream or sys.stdout
        self._since = since
        self._readers: dict[str, EventReader] = {}
        self._of_run = EventReader(lambda: event_files(run))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="xpm-events", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        """The thread: read and print until told to stop, then once more."""
        try:
            stopping = False
            while True:
                for event in sorted(self._read(), key=lambda event: event.timestamp):
                    self._print(event)
                if stopping:
                    return
                stopping = self._stop.wait(READ_INTERVAL_S)
        except Exception as error:  # the display must never stop the run that it shows
            self.problem = error

    def _read(self) -> Iterator[Event]:
        """What came since the last time: of the run, then of its jobs."""
        for event in self._of_run.read().events:
            if getattr(event, "run_id", None) == self._run.run_id:
                self._watch(event)
                yield event
        for reader in self._readers.values():
            for event in reader.read().events:
                is_progress = isinstance(event, JobProgressed)
                if event.timestamp >= self._since and (self._with_progress or not is_progress):
                    yield event

    def _watch(self, event: Event) -> None:
        """Follow the events of a job once it was submitted."""
        if isinstance(event, JobInRunChanged) and event.job_id not in self._readers:
            folder = self._workspace.job(event.task_id, event.job_id)
            self._readers[event.job_id] = EventReader(lambda: event_files(folder))

    def _print(self, event: Event) -> None:
        line = encode(event).rstrip("\n") if self._form == "json" else event_line(event)
        print(line, file=self._stream, flush=True)


def event_line(event: Event) -> str:
    """An event for people: `12:00:01 running   experiment.fit/0fc9c23c lr=0.1`."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.timestamp))
    text = _TEXTS[type(event)](event)
    return f"{clock} {escape_controls(text)}"


def _job(event: JobInRunChanged | JobChanged | JobProgressed | CarbonMeasured) -> str:
    return f"{event.task_id}/{event.job_id[:8]}"


def _in_run(event: JobInRunChanged) -> str:
    word = "submitted" if event.state is None else event.state.value
    reason = f" ({event.reason.value.lower()})" if event.reason else ""
    tags = "".join(f" {name}={value}" for name, value in event.tags.items())
    return f"{word:<11} {_job(event)}{tags}{reason}"


def _changed(event: JobChanged) -> str:
    reason = f" ({event.reason.value.lower()})" if event.reason else ""
    return f"{'process':<11} {_job(event)}: {event.state.value}{reason}"


def _progressed(event: JobProgressed) -> str:
    desc = f" {event.desc}" if event.desc else ""
    return f"{'progress':<11} {_job(event)}: {event.progress:.0%}{desc}"


def _carbon(event: CarbonMeasured) -> str:
    return f"{'carbon':<11} {_job(event)}: {event.co2_kg:.3g} kg CO2, {event.energy_kwh:.3g} kWh"


def _action(event: ActionAdded) -> str:
    return f"{'action':<11} {event.description} ({event.action_id[:8]})"


def _service(event: ServiceAdded) -> str:
    where = f" {event.url}" if event.url else ""
    return f"{'service':<11} {event.service_id}: {(event.state or 'added').lower()}{where}"


def _completed(event: RunCompleted) -> str:
    return f"{'completed':<11} {event.experiment_id} {event.run_id}: {event.status.value}"


_TEXTS: Mapping[type[Event], Callable[..., str]] = {
    JobInRunChanged: _in_run,
    JobChanged: _changed,
    JobProgressed: _progressed,
    CarbonMeasured: _carbon,
    ActionAdded: _action,
    ServiceAdded: _service,
    RunCompleted: _completed,
}
