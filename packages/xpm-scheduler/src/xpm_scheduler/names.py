"""What may be the name of an experiment: a plain folder name, that no listing misreads."""

from __future__ import annotations

from xpm_scheduler.errors import InvalidExperimentName

__all__ = ["check_experiment_name"]

_LONGEST_BYTES = 200
_FORBIDDEN = frozenset('/\\\0:*?"<>|')


def check_experiment_name(name: object) -> str:
    """The name, if it can be that of an experiment.

    Raises:
        InvalidExperimentName: It cannot; the message says why.

    Example:
        >>> check_experiment_name("sweep-2")
        'sweep-2'
    """
    if not isinstance(name, str):
        raise InvalidExperimentName(name, f"it is of type {type(name).__name__}, not text")
    if not name.strip():
        raise InvalidExperimentName(name, "it is empty")
    if name != name.strip():
        raise InvalidExperimentName(name, "it begins or ends with a space")
    if name.startswith("."):
        raise InvalidExperimentName(name, "it begins with a dot, as hidden folders do")
    bad = [char for char in name if char in _FORBIDDEN or not char.isprintable()]
    if bad:
        raise InvalidExperimentName(name, f"it contains {bad[0]!r}")
    if len(name.encode()) > _LONGEST_BYTES:
        raise InvalidExperimentName(name, f"it is longer than {_LONGEST_BYTES} bytes")
    return name
