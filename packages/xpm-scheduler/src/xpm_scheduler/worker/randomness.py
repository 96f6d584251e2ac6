"""Random numbers after a fork: no two jobs may draw the same ones, unless their module asks for it.

Python seeds its global generator anew in each fork; NumPy does not. Any other generator that is
there before the fork would be in the same state in all jobs, so there may be none.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["Unsafe", "check_random_numbers", "draws_of_libraries_undone"]

_MOST_DRAWS = 2000


class Unsafe(Exception):
    """Modules cannot be imported for several jobs at once; the message says why."""


@contextmanager
def draws_of_libraries_undone(is_installed: Callable[[str], bool]) -> Iterator[None]:
    """Let installed packages draw when they are imported (rich does, for the keys of a cache).

    A number that a module of the user draws is another thing: it may be the seed of a job.

    Args:
        is_installed: Whether a file belongs to an installed package.
    """
    finder = _LibraryFinder(is_installed)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _LibraryFinder:
    """Finds what the other finders find, and looks at the global generator around its import."""

    def __init__(self, is_installed: Callable[[str], bool]) -> None:
        self._is_installed = is_installed
        self._is_inside = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module; None for what is no package, or is imported by one."""
        if self._is_inside:
            return None
        found = (f.find_spec(name, path, target) for f in sys.meta_path if f is not self)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is None or not self._is_installed(spec.origin or "") or spec.loader is None:
            return None
        loader: Any = spec.loader
        execute = loader.exec_module

        def execute_and_undo(module: ModuleType) -> None:
            del loader.exec_module
            self._is_inside = True
            before = random.getstate()
            try:
                execute(module)
            finally:
                self._is_inside = False
                if _was_drawn_from(before):
                    random.setstate(before)

        loader.exec_module = execute_and_undo
        return spec


def _was_drawn_from(before: tuple[Any, ...]) -> bool:
    """Whether the global generator is where some draws lead from a state: not if it was seeded."""
    now = random.getstate()[1]
    if now == before[1]:
        return False
    other = random.Random()
    other.setstate(before)
    for _ in range(_MOST_DRAWS):
        other.getrandbits(32)
        if other.getstate()[1] == now:
            return True
    return False


def check_random_numbers(before: tuple[Any, ...]) -> Callable[[], None]:
    """Refuse generators of random numbers that would be in the same state in all jobs.

    Args:
        before: The state of the global generator before the import.

    Returns:
        What each job calls, so that NumPy's global generator draws other numbers in each.

    Raises:
        Unsafe: Some module has drawn or seeds, or has a generator of its own.
    """
    if random.getstate() != before:
        raise Unsafe("it draws or seeds random numbers when it is imported")
    mtrand: Any = sys.modules.get("numpy.random.mtrand")
    generators: Any = sys.modules.get("numpy.random")
    kinds: tuple[type, ...] = (random.Random,)
    common: list[Any] = [vars(random)["_inst"]]
    if mtrand is not None:
        kinds += (generators.Generator, generators.RandomState)
        common.append(mtrand._rand)
        if not _is_untouched(mtrand._rand, generators):
            raise Unsafe("it draws or seeds random numbers with NumPy when it is imported")
    tempfile: Any = sys.modules.get("tempfile")
    if tempfile is not None:  # its generators look at the number of the process
        names = (o for o in gc.get_objects() if isinstance(o, tempfile._RandomNameSequence))
        common += [vars(sequence).get("_rng") for sequence in names]
    for item in gc.get_objects():
        kind = type(item)
        if not issubclass(kind, kinds) or issubclass(kind, random.SystemRandom):
            continue
        if not any(item is known for known in common):
            raise Unsafe(f"it makes a generator of random numbers ({kind.__name__})")
    if mtrand is None:
        return lambda: None
    return lambda: generators.set_bit_generator(generators.MT19937())


def _is_untouched(state: Any, generators: Any) -> bool:
    """Whether NumPy's global generator is as the system's entropy made it when it was loaded."""
    seed = state._bit_generator.seed_seq
    if seed is None:
        return False
    fresh, now = generators.MT19937(seed).state["state"], state._bit_generator.state["state"]
    return bool(fresh["pos"] == now["pos"] and (fresh["key"] == now["key"]).all())
