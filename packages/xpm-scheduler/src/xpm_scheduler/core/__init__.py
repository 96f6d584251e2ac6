"""What the scheduler decides: a deterministic machine, `input -> effects`; it does nothing.

No clock, no file, no process: it can be run in a simulation, thousands of histories a second.
`loop` carries the effects out and reports what came of them as further inputs.
"""

from __future__ import annotations

from xpm_scheduler.core.effects import Attach, Effect, LookUp, Start, StateChanged, Unwatch, Watch
from xpm_scheduler.core.inputs import (
    CapacityChanged,
    Ended,
    Forgotten,
    Found,
    Input,
    Lost,
    OnDisk,
    Refused,
    Resubmitted,
    SharedChanged,
    StartAbandoned,
    Started,
    Submitted,
    Withdrawn,
)
from xpm_scheduler.core.jobs import (
    JobKey,
    LauncherKey,
    SharedKey,
    WaitingForDependency,
    WaitingForNeed,
    WaitingForShared,
    WaitingForSlot,
    WaitingReason,
)
from xpm_scheduler.core.machine import Core

__all__ = [
    "Attach",
    "CapacityChanged",
    "Core",
    "Effect",
    "Ended",
    "Forgotten",
    "Found",
    "Input",
    "JobKey",
    "LauncherKey",
    "LookUp",
    "Lost",
    "OnDisk",
    "Refused",
    "Resubmitted",
    "SharedChanged",
    "SharedKey",
    "Start",
    "StartAbandoned",
    "Started",
    "StateChanged",
    "Submitted",
    "Unwatch",
    "WaitingForDependency",
    "WaitingForNeed",
    "WaitingForShared",
    "WaitingForSlot",
    "WaitingReason",
    "Watch",
    "Withdrawn",
]
