"""On which machine jobs run."""

from xpm_scheduler.connectors import Connector, LocalConnector

__all__ = ["Connector", "LocalConnector"]
