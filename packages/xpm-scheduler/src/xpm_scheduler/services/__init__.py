"""Services of an experiment: a web page, a program, that live beside its jobs."""

from __future__ import annotations

from xpm_scheduler.services.base import Service, resolve_service
from xpm_scheduler.services.process import ProcessWebService
from xpm_scheduler.services.state import ServiceListener, ServiceState
from xpm_scheduler.services.tensorboard import TensorBoardService
from xpm_scheduler.services.web import WebService

__all__ = [
    "ProcessWebService",
    "Service",
    "ServiceListener",
    "ServiceState",
    "TensorBoardService",
    "WebService",
    "resolve_service",
]
