"""The private record of a configuration object: all that is not the value of a parameter.

It lies in the `__dict__` of the object, beside the values, under `_xpm`. It does not point back
to the object: no cycle is made, and objects are freed as soon as they are not used any more.
"""

from __future__ import annotations

from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import Config
    from .digests import Memo


class Epoch:
    """Counts the changes of existing configurations in this process.

    An identifier found at the present count needs no check: nothing below has changed.
    Concurrency: a lost increment between two threads is harmless, since the count still moves.
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


EPOCH = Epoch()


class Extras:
    """What few configurations have: tags, init tasks, a job."""

    __slots__ = (
        "assigned",
        "conversion",
        "dependencies",
        "deprecated_from",
        "generated",
        "generated_below",
        "init_tasks",
        "job",
        "loaded",
        "partials",
        "restored_names",
        "soft",
        "stopped",
        "submission",
        "tags",
    )

    def __init__(self) -> None:
        self.init_tasks: list[Any] = []
        self.dependencies: list[Any] = []
        self.job: Any = None
        self.submission: Any = None
        self.soft = False
        self.loaded = False
        self.deprecated_from: Config | None = None
        self.conversion: tuple[int, Config] | None = None
        self.tags: dict[str, tuple[Any, Place]] = {}
        self.stopped: frozenset[str] = frozenset()
        self.assigned: dict[str, Place] = {}
        self.generated: frozenset[str] = frozenset()
        self.generated_below = False
        self.partials: dict[Any, bytes] = {}
        self.restored_names: frozenset[str] = frozenset()


class State:
    """The private record of a configuration object.

    Attributes:
        code: the code that built the object, and
        lasti: how far it was: together the file and the line.
        defaulted: bit i is set if parameter i was given its default.
        sealed: whether it can no longer change.
        meta: `True` out of identifiers, `False` in, `None` as declared.
        task: the task that produces it (a submitted task produces itself).
        memo: the identifier last found, and what it depends on.
        stored: the identifier kept for good, as the rules of 2.x want it.
        extras: what few configurations have.
    """

    __slots__ = (
        "code",
        "defaulted",
        "extras",
        "lasti",
        "memo",
        "meta",
        "sealed",
        "stored",
        "stored_cyclic",
        "task",
    )

    def __init__(self, code: CodeType | None, lasti: int) -> None:
        self.code = code
        self.lasti = lasti
        self.defaulted = 0
        self.sealed = self.stored_cyclic = False
        self.meta: bool | None = None
        self.task: Config | None = None
        self.memo: Memo | bytes | None = None
        self.stored: bytes | None = None
        self.extras: Extras | None = None

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """Pickled without the code that built it, nor what can be found again."""
        left_out = {"code": None, "lasti": 0, "memo": None}
        return None, {**{name: getattr(self, name) for name in self.__slots__}, **left_out}

    def changed(self) -> None:
        """To be called at each change: identifiers that depend on the object are outdated."""
        EPOCH.count += 1
        self.memo = None
        if not self.sealed:
            self.stored = None

    def extend(self) -> Extras:
        """The extras, made if there are none."""
        if self.extras is None:
            self.extras = Extras()
        return self.extras


class Place:
    """A line of the user's code: cheap to note, worked out when it is shown."""

    __slots__ = ("code", "lasti")

    def __init__(self, code: CodeType | None, lasti: int) -> None:
        self.code = code
        self.lasti = lasti

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        return None, {"code": None, "lasti": 0}

    def __str__(self) -> str:
        if self.code is None:
            return "unknown place"
        return f"{self.code.co_filename}:{self.line}"

    @property
    def line(self) -> int:
        """The line number, 0 if it is not known."""
        if self.code is None:
            return 0
        for start, end, line in self.code.co_lines():
            if start <= self.lasti < end and line is not None:
                return line
        return self.code.co_firstlineno


def caller(depth: int) -> Place:
    """The line, outside of this package, that called: `depth` frames up at least."""
    import sys

    frame = sys._getframe(depth + 1)
    while frame.f_back is not None and _is_internal(frame.f_globals.get("__name__")):
        frame = frame.f_back
    return Place(frame.f_code, frame.f_lasti)


def _is_internal(module: Any) -> bool:
    return isinstance(module, str) and (module == "xpm_config" or module.startswith("xpm_config."))
