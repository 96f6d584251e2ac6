"""Jobs on this machine."""

from xpm_scheduler.connectors import LocalConnector

__all__ = ["LocalConnector"]
