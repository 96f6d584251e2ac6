"""Where jobs run: this machine, or (one day) another one."""

from __future__ import annotations

from xpm_scheduler.connectors.base import Connector
from xpm_scheduler.connectors.local import LocalConnector

__all__ = ["Connector", "LocalConnector"]
