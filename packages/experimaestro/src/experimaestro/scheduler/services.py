"""What an experiment offers beside its jobs: web pages, programs."""

from xpm_scheduler.services import (
    ProcessWebService,
    Service,
    ServiceListener,
    ServiceState,
    TensorBoardService,
    WebService,
    resolve_service,
)

__all__ = [
    "ProcessWebService",
    "Service",
    "ServiceListener",
    "ServiceState",
    "TensorBoardService",
    "WebService",
    "resolve_service",
]
