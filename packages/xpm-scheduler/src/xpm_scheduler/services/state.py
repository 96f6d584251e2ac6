"""Where a service stands, and who wants to know."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from xpm_scheduler.services.base import Service

__all__ = ["ServiceListener", "ServiceState"]


class ServiceState(Enum):
    """Where a service stands; its name is what is written in files."""

    STOPPED = 0
    STARTING = 1
    RUNNING = 2
    STOPPING = 3
    ERROR = 4


class ServiceListener(Protocol):
    """Told of the states of services."""

    def service_state_changed(self, service: Service) -> None:
        """The service is in a new state (`service.state`, which may already be a later one).

        Concurrency: called in the thread that made the change; it must be short.
        """
