"""Keeping the garbage collector from looking at what is being built, none of which is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector for the length of a `with` block.

    Each of its passes looks at all the objects made so far: loading 10,000 configurations takes
    twice as long with it (`bench/serialization.py`).
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
