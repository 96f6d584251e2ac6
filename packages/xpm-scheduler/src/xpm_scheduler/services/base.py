"""A service: something that an experiment offers beside its jobs, for as long as it lives."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_scheduler.services.classes import class_named, file_of, name_of
from xpm_scheduler.services.errors import NoSuchService, ServiceNotRestored
from xpm_scheduler.services.paths import REASON, UNSERIALIZABLE, decode_state, encode_state
from xpm_scheduler.services.state import ServiceListener, ServiceState

if TYPE_CHECKING:
    from xpm_scheduler.experiment import experiment

__all__ = ["Service", "resolve_service"]

FILE = "__file__"
"""Where the class of a service of a script is found; left out by those who make it again."""


class Service:
    """Something that an experiment offers beside its jobs.

    A subclass sets `id`, and may define `description`, `set_experiment` and `state_dict`. It may
    do without calling `super().__init__()`.

    Attributes:
        id: Unique in an experiment.
        log_directory: Where its logs go; `experiment.add_service` chooses one.

    Example:
        >>> class Notes(Service):
        ...     id = "notes"
        ...     def __init__(self, path: Path):
        ...         super().__init__()
        ...         self.path = path
        ...     def state_dict(self):
        ...         return {"path": self.path}
        >>> notes = Notes(Path("/tmp/notes"))
        >>> notes.state.name
        'STOPPED'
        >>> notes.recorded_state()["path"]
        {'__path__': '/tmp/notes'}
    """

    id: str = ""

    # on the class: for those that do not call `super().__init__()`
    log_directory: Path | None = None
    _state: ServiceState = ServiceState.STOPPED
    _error: str | None = None
    _listeners: tuple[ServiceListener, ...] = ()
    _handlers: tuple[logging.Handler, ...] = ()
    _lock = threading.RLock()

    def __init__(self, log_directory: Path | None = None) -> None:
        self.log_directory = log_directory

    def description(self) -> str:
        """One line for the user."""
        return self.id or type(self).__qualname__

    def set_experiment(self, xp: experiment) -> None:
        """The service was added to an experiment; gives it a folder for its logs."""
        if self.log_directory is None:
            self.log_directory = xp.service_folder(self.id)

    # --- states

    @property
    def state(self) -> ServiceState:
        """Where it stands; setting it tells the listeners."""
        return self._state

    @state.setter
    def state(self, state: ServiceState) -> None:
        self._change(state, self._error if state is ServiceState.ERROR else None)

    @property
    def error(self) -> str | None:
        """What went wrong, in the state `ERROR`."""
        return self._error

    def set_error(self, text: str) -> None:
        """Something went wrong: the state is `ERROR`."""
        self._change(ServiceState.ERROR, text)

    def add_listener(self, listener: ServiceListener) -> None:
        """Tells `listener` of the states from now on."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: ServiceListener) -> None:
        """Tells `listener` nothing more."""
        with self._lock:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

    def _change(self, state: ServiceState, error: str | None) -> None:
        with self._lock:
            if (state, error) == (self._state, self._error):
                return
            self._state, self._error = state, error
            listeners = self._listeners
        for listener in listeners:
            try:
                listener.service_state_changed(self)
            except Exception:
                _logger(self).exception("a listener of the service %s failed", self.id)

    # --- made again elsewhere

    def state_dict(self) -> dict[str, Any]:
        """The constructor arguments that make it again, in a monitor for instance.

        Values may be JSON values and paths, in lists and dictionaries. Keys that begin with `__`
        are reserved.
        """
        return {}

    def recorded_state(self) -> dict[str, Any]:
        """`state_dict()` as it is written, with the script that defines the class if it is one."""
        recorded = encode_state(self.state_dict())
        file = file_of(type(self))
        return recorded if file is None else {**recorded, FILE: file}

    @staticmethod
    def from_state_dict(
        class_name: str,
        data: Mapping[str, Any],
        path_translator: Callable[[Path], Path] | None = None,
    ) -> Service:
        """Makes a service from what was recorded of it.

        Args:
            class_name: `module.Class`.
            data: What `recorded_state` gave.
            path_translator: Changes each path, for a workspace seen from another machine.

        Raises:
            ServiceNotRestored: It cannot be made again here (it is a `ValueError` too).
        """
        if data.get(UNSERIALIZABLE):
            raise ServiceNotRestored(class_name, str(data.get(REASON) or "its state was not kept"))
        cls = class_named(class_name, data.get(FILE))
        if not (isinstance(cls, type) and issubclass(cls, Service)):
            raise ServiceNotRestored(class_name, "it is not a class of services")
        arguments = decode_state(data, path_translator)
        try:
            inspect.signature(cls).bind(**arguments)
        except TypeError as error:
            raise ServiceNotRestored(class_name, f"its arguments do not fit: {error}") from None
        return cls(**arguments)

    @property
    def class_name(self) -> str:
        """`module.Class`, for `from_state_dict`."""
        return name_of(type(self))

    # --- composed of others

    def subservices(self) -> list[Service]:
        """The services that it is made of: itself, unless it is made of several."""
        return [self]

    def get_subservice(self, id: str) -> Service:
        """One of `subservices()`.

        Raises:
            NoSuchService: There is none of that name.
        """
        known = {one.id: one for one in self.subservices()}
        if id not in known:
            raise NoSuchService(id, list(known))
        return known[id]

    def sync_include_patterns(self) -> list[str]:
        """What a monitor on another machine copies, as patterns relative to the workspace."""
        return []

    # --- logs

    @property
    def stdout(self) -> Path | None:
        """What it prints; None without a folder for logs."""
        return None if self.log_directory is None else self.log_directory / "logs.out"

    @property
    def stderr(self) -> Path | None:
        """What it prints as errors; None without a folder for logs."""
        return None if self.log_directory is None else self.log_directory / "logs.err"

    def setup_logging(self) -> logging.Logger:
        """Sends the logger `xpm.service.<id>` to the log files: all to one, warnings to the other.

        Returns:
            The logger.
        """
        log = _logger(self)
        with self._lock:
            if self._handlers or self.log_directory is None:
                return log
            self.log_directory.mkdir(parents=True, exist_ok=True)
            for path, level in ((self.stdout, logging.INFO), (self.stderr, logging.WARNING)):
                assert path is not None
                handler = logging.FileHandler(path, encoding="utf-8", delay=True)
                handler.setLevel(level)
                handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
                log.addHandler(handler)
                self._handlers = (*self._handlers, handler)
        return log

    def cleanup_logging(self) -> None:
        """Closes the log files; twice is fine."""
        with self._lock:
            handlers, self._handlers = self._handlers, ()
        for handler in handlers:
            _logger(self).removeHandler(handler)
            handler.close()

    def stop(self, timeout: float = 2) -> None:
        """Ends what was started; there is nothing to end in a plain service.

        Args:
            timeout: How long to wait for its end, in seconds.
        """


def resolve_service(services: Mapping[str, Service], address: str) -> Service:
    """The service of an address, `id` or `id/subservice`.

    Args:
        services: Services by id, as `experiment.services`.
        address: What a user typed.

    Raises:
        NoSuchService: There is none; the message lists those that there are.
    """
    name, *below = address.split("/")
    if name not in services:
        raise NoSuchService(name, list(services))
    service = services[name]
    for child in below:
        service = service.get_subservice(child)
    return service


def _logger(service: Service) -> logging.Logger:
    return logging.getLogger(f"xpm.service.{service.id}")
