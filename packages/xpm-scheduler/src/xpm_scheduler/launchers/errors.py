"""What can go wrong when a job is started.

::

    HandledException (xpm_config)
    └── LaunchError              the process of a job could not be started or found again
        └── UnknownProcess       no launcher of ours can tell anything about this process
"""

from __future__ import annotations

from xpm_config.errors import HandledException

__all__ = ["LaunchError", "UnknownProcess"]


class LaunchError(HandledException):
    """The process of a job could not be started, or not be looked at."""


class UnknownProcess(LaunchError):
    """A process of another type or of another host: nothing here can tell whether it runs."""
