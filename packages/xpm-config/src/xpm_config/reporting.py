"""What tasks report of what they found: plain values, whatever library they come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

__all__ = ["RESULTS_FILE", "plain_values"]

RESULTS_FILE = "results.json"
"""The file, in the folder of a job, that holds what its task reported."""

_SCALARS = (str, bool, int, float, type(None))


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them.

    Numbers of NumPy, PyTorch and the like become numbers, their arrays lists, and paths texts.

    Raises:
        TypeError: A value is of another kind; the message names it.

    Example:
        >>> plain_values({"accuracy": 0.93, "confusion": ((5, 1), (0, 7))})
        {'accuracy': 0.93, 'confusion': [[5, 1], [0, 7]]}
    """
    return {name: _plain(value, name) for name, value in values.items()}


def _plain(value: Any, name: str) -> Any:
    if type(value) in _SCALARS:
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{name}.{i}") for i, item in enumerate(value)]
    if isinstance(value, PurePath):
        return str(value)
    to_list = getattr(value, "tolist", None)  # scalars and arrays of NumPy, PyTorch, JAX
    if callable(to_list):
        return _plain(to_list(), name)
    if isinstance(value, (bool, int, float, str)):  # subclasses, such as those of enumerations
        return next(kind(value) for kind in (bool, int, float, str) if isinstance(value, kind))
    raise TypeError(
        f"report: {name} is a {type(value).__name__}; expected a number, a text, a boolean, None, "
        "or a list or dictionary of these"
    )
