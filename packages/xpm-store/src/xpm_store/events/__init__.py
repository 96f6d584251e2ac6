"""Events: what happened to runs and jobs, as records, as lines, and as files of lines."""

from __future__ import annotations

from xpm_store.events.codec import decode, encode, event_of
from xpm_store.events.files import (
    EventReader,
    EventsRead,
    EventWriter,
    Position,
    event_files,
)
from xpm_store.events.kinds import (
    ActionAdded,
    CarbonMeasured,
    Event,
    JobChanged,
    JobEvent,
    JobInRunChanged,
    JobProgressed,
    RunCompleted,
    RunEvent,
    ServiceAdded,
)

__all__ = [
    "ActionAdded",
    "CarbonMeasured",
    "Event",
    "EventReader",
    "EventWriter",
    "EventsRead",
    "JobChanged",
    "JobEvent",
    "JobInRunChanged",
    "JobProgressed",
    "Position",
    "RunCompleted",
    "RunEvent",
    "ServiceAdded",
    "decode",
    "encode",
    "event_files",
    "event_of",
]
