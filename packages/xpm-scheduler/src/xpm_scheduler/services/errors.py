"""What can go wrong with services.

::

    SchedulerError
    └── ServiceError
        ├── NoSuchService       no service of that id: `name`
        ├── ServiceFailed       a service does not run: `service_id`
        └── ServiceNotRestored  a service cannot be made again here
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from xpm_scheduler.errors import SchedulerError

__all__ = ["NoSuchService", "ServiceError", "ServiceFailed", "ServiceNotRestored"]


class ServiceError(SchedulerError):
    """Anything about services."""


class NoSuchService(ServiceError, LookupError):
    """No service has that id.

    Attributes:
        name: What was asked for.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        close = difflib.get_close_matches(name, known, n=1)
        there = f"there are: {', '.join(known)}" if known else "there is none"
        meant = f", did you mean {close[0]!r}?" if close else ";"
        super().__init__(f"no service is named {name!r}{meant} {there}")


class ServiceFailed(ServiceError):
    """A service does not run.

    Attributes:
        service_id: Its id.
    """

    def __init__(self, service_id: str, problem: str) -> None:
        self.service_id = service_id
        self.problem = problem
        super().__init__(f"the service {service_id!r} does not run: {problem}")


class ServiceNotRestored(ServiceError, ValueError):
    """A service cannot be made again from what was recorded of it."""

    def __init__(self, class_name: str, problem: str) -> None:
        super().__init__(f"the service {class_name} cannot be made again here: {problem}")
