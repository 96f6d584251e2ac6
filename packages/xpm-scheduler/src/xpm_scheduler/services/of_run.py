"""The services of one run of an experiment, and what is recorded of them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from xpm_store.errors import StoreError

from xpm_scheduler.services.base import Service
from xpm_scheduler.services.state import ServiceState

if TYPE_CHECKING:
    from xpm_store.recorders import RunRecorder

__all__ = ["RunServices"]

logger = logging.getLogger("xpm")


class RunServices:
    """Keeps the services of a run, and records their states while it lasts.

    They live as long as the process does. When the run is left they are recorded as stopped: what
    serves them then is nobody's to find; whoever wants one makes its own.

    Concurrency: any thread.
    """

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        self._recorder: RunRecorder | None = None

    def by_id(self) -> dict[str, Service]:
        """The services by id, in the order in which they came."""
        return dict(self._services)

    def add(self, service: Service, recorder: RunRecorder | None) -> bool:
        """Takes a service; False when it is there already.

        Args:
            service: Another one of the same id is replaced, with a warning.
            recorder: What writes the files of the run; None when nothing is run.
        """
        known = self._services.get(service.id)
        if known is service:
            return False
        if known is not None:
            logger.warning("the service %r is replaced by another one of that id", service.id)
            known.remove_listener(self)
        self._recorder = recorder
        self._services[service.id] = service
        service.add_listener(self)
        self._record(service, service.state)
        return True

    def service_state_changed(self, service: Service) -> None:
        """Records the state."""
        self._record(service, service.state)

    def leave(self) -> None:
        """The run ends: nothing more is recorded of them."""
        for service in self._services.values():
            service.remove_listener(self)
            if service.state not in (ServiceState.STOPPED, ServiceState.ERROR):
                self._record(service, ServiceState.STOPPED)
        self._recorder = None

    def _record(self, service: Service, state: ServiceState) -> None:
        recorder = self._recorder
        if recorder is None:
            return
        try:
            recorder.service_added(
                service.id,
                str(service.description()),
                service.class_name,
                service.recorded_state(),
                state=state.name,
                url=getattr(service, "url", None) if state is ServiceState.RUNNING else None,
                error=service.error if state is ServiceState.ERROR else None,
            )
        except StoreError as error:
            logger.warning("the state of the service %r is not recorded: %s", service.id, error)
