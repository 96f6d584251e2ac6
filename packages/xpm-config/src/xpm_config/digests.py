"""The digest of a configuration: a walk below it that costs what its nodes cost.

Most configurations are *pure*: their digest does not depend on where they are. It is remembered,
with what it depends on. `InstanceConfig` and cycles are not: `exactwalk` does those.
"""

from __future__ import annotations

from hashlib import sha256
from operator import is_
from typing import TYPE_CHECKING, Any

from .state import EPOCH, State
from .streams import Encoding, Stream, encoding_of

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial

_SCALARS = frozenset({int, float, str, bool, type(None)})


class Memo:
    """A digest, and what it depends on.

    A configuration that nothing is below, and that has no container, has the digest itself as
    its memo: it holds until the configuration changes, which forgets it.

    Attributes:
        digest: the 32 bytes.
        epoch: the count of changes at which it was last found right.
        below: the configurations that enter, in order, then those left out.
        flags: their meta flags.
        digests: those of the configurations that enter.
        snapshot: what the containers held, unless the configuration is sealed.
        is_volatile: whether a container, here or below, can change without being counted.
        stream: what was hashed, if only the whole of it tells whether something changed.
    """

    __slots__ = (
        "below",
        "digest",
        "digests",
        "epoch",
        "flags",
        "is_volatile",
        "snapshot",
        "stream",
    )

    def __init__(
        self,
        digest: bytes,
        below: tuple[Config, ...],
        digests: tuple[bytes, ...],
        snapshot: Any,
        is_volatile: bool,
        stream: bytes | None,
    ) -> None:
        self.digest = digest
        self.stream = stream
        self.epoch = EPOCH.count
        self.below = below
        self.flags = tuple([c._xpm.meta for c in below])
        self.digests = digests
        self.snapshot = snapshot
        self.is_volatile = is_volatile


class _Mark:
    """Stands for a digest that is not there."""

    __slots__ = ()


OPEN = _Mark()
"""The configuration is on the path of the walk."""
IMPURE = _Mark()
"""The digest depends on where the configuration is."""


class Counter:
    """Counts the streams that were hashed in this process; for tests and benchmarks."""

    __slots__ = ("hashed",)

    def __init__(self) -> None:
        self.hashed = 0


COUNTER = Counter()


def root_digest(config: Config) -> bytes:
    """The digest of a configuration as the root of a walk; stored if it is sealed.

    Complexity: linear in the number of configurations below that changed, or were never met;
    those that did not change are only looked at. No recursion.
    """
    state = config._xpm
    if state.sealed and state.stored is not None:
        return state.stored
    digest, is_cyclic = compute(config)
    if state.sealed:
        state.stored, state.stored_cyclic = digest, is_cyclic
    return digest


def compute(config: Config, partial: Partial | None = None) -> tuple[bytes, bool]:
    """The digest of a configuration, and whether it depends on where a cycle is entered."""
    if partial is None:
        quick = _quick(config._xpm)
        if quick is not None:
            return quick, False
    known: dict[int, Any] = {}
    found = Walk(known, partial).run(config)
    if found is not IMPURE:
        return found, False
    from .exactwalk import exact_digest  # for instances and cycles

    return exact_digest(config, known, partial)


def convert(config: Config) -> Config:
    """The configuration whose content stands for `config`: itself, unless it is deprecated."""
    deprecation = config.__xpmtype__.deprecation
    return config if deprecation is None else deprecation.convert(config)


class _Frame:
    """A configuration on the path: what stands for it, and its memo or its stream."""

    __slots__ = ("below", "content", "encoding", "memo", "stream")

    def __init__(
        self, content: Config, encoding: Encoding, memo: Memo | None, stream: Stream | None
    ) -> None:
        self.content = content
        self.encoding = encoding
        self.memo = memo
        self.stream = stream
        self.below: Any
        if memo is not None:
            self.below = memo.below[: len(memo.digests)]
        else:
            assert stream is not None
            parts = stream.parts
            self.below = [parts[i] for i in stream.holes]


class Walk:
    """Walks below roots, with a stack of its own; what was met is not computed again.

    Args:
        known: gets the digest of all configurations met, or `IMPURE`, by `id()`.
        partial: leaves parameters of the root out.
    """

    def __init__(self, known: dict[int, Any] | None = None, partial: Partial | None = None) -> None:
        self._known: dict[int, Any] = {} if known is None else known
        self._partial = partial
        self._frames: dict[int, _Frame] = {}
        self._alive: list[Any] = []

    def run(self, root: Config) -> Any:
        """The digest of `root`, or `IMPURE`."""
        known, frames = self._known, self._frames
        stack: list[Any] = [root]
        partial = self._partial
        while stack:
            config = stack[-1]
            key = id(config)
            status = known.get(key)
            if status is None:
                found = self._enter(config, partial)
                partial = None
                if type(found) is bytes:
                    known[key] = found
                    stack.pop()
                    continue
                known[key] = OPEN
                frames[key] = found
                for child in reversed(found.below):
                    if id(child) not in known:
                        stack.append(child)
            else:
                stack.pop()
                if status is OPEN:
                    partial = self._partial if config is root else None
                    known[key] = self._close(config, frames.pop(key), partial)
                    partial = None
        return known[id(root)]

    def _enter(self, config: Config, partial: Partial | None) -> Any:
        """The digest, if nothing below is needed for it; else the frame."""
        state = config._xpm
        described = config.__xpmtype__
        content = config
        if partial is None:
            memo = state.memo
            if memo is not None or state.stored is not None:
                quick = _quick(state)
                if quick is not None:
                    return quick
            if described.deprecation is not None:
                content = described.deprecation.convert(config)
                self._alive.append(content)
                described, memo = content.__xpmtype__, None
            encoding = described.encoding or encoding_of(described)
            if type(memo) is Memo and _is_intact(memo, state, content, encoding):
                return _Frame(content, encoding, memo, None)
        else:
            content = convert(config)
            self._alive.append(content)
            encoding = encoding_of(content.__xpmtype__)
        stream = Stream(content, encoding, partial)
        if stream.holes:
            return _Frame(content, encoding, None, stream)
        if encoding.mutable or encoding.is_fragile or content is not config or stream.left_out:
            return _hash(config, _Frame(content, encoding, None, stream), [], False, partial)
        digest = sha256(b"".join(stream.parts)).digest()
        COUNTER.hashed += 1
        if partial is None:
            state.memo = digest
        return digest

    def _close(self, config: Config, frame: _Frame, partial: Partial | None) -> Any:
        """The digest of a configuration all below which is known, or `IMPURE`."""
        known = self._known
        digests = []
        is_volatile = False
        for child in frame.below:
            digest = known[id(child)]
            if type(digest) is not bytes or child.__xpmtype__.is_instance:
                return IMPURE
            digests.append(digest)
            memo = child._xpm.memo
            if type(memo) is Memo and memo.is_volatile and not child._xpm.sealed:
                is_volatile = True
        memo = frame.memo
        if memo is not None:
            if memo.digests == tuple(digests):
                memo.epoch = EPOCH.count
                memo.is_volatile = is_volatile or memo.snapshot is not None
                return memo.digest
            frame = _Frame(
                frame.content, frame.encoding, None, Stream(frame.content, frame.encoding)
            )
        return _hash(config, frame, digests, is_volatile, partial)


def _hash(
    config: Config, frame: _Frame, digests: list[bytes], is_volatile: bool, partial: Partial | None
) -> bytes:
    """Hashes the stream of a configuration, its holes filled, and remembers the digest."""
    stream = frame.stream
    assert stream is not None
    parts = stream.parts
    for index, digest in zip(stream.holes, digests, strict=True):
        parts[index] = digest
    joined = b"".join(parts)
    state = config._xpm
    encoding = frame.encoding
    former = state.memo if type(state.memo) is Memo and partial is None else None
    if former is not None and former.stream == joined:
        digest = former.digest
    else:
        digest = sha256(joined).digest()
        COUNTER.hashed += 1
    if partial is not None:
        return digest
    snapshot = None
    if encoding.mutable and not state.sealed:
        snapshot = _snapshot_of(frame.content, encoding)
    state.memo = Memo(
        digest,
        (*frame.below, *stream.left_out),
        tuple(digests),
        snapshot,
        is_volatile or snapshot is not None or encoding.is_fragile,
        joined if encoding.is_fragile else None,
    )
    return digest


def _quick(state: State) -> bytes | None:
    """The digest, if it can be known without looking below."""
    if state.sealed and state.stored is not None and not state.stored_cyclic:
        return state.stored
    memo = state.memo
    if type(memo) is bytes:
        return memo
    if type(memo) is Memo and memo.epoch == EPOCH.count and not memo.is_volatile:
        return memo.digest
    return None


def _is_intact(memo: Memo, state: State, content: Config, encoding: Encoding) -> bool:
    """Whether nothing changed in a configuration itself; what is below is another matter."""
    if encoding.is_fragile:
        return False
    if memo.snapshot is not None and not state.sealed:
        values = content.__dict__
        held = [values.get(name) for name in encoding.mutable]
        if not _is_unchanged(memo.snapshot, held):
            return False
    return all(c._xpm.meta is flag for c, flag in zip(memo.below, memo.flags, strict=True))


# --- Containers, which can change without being counted


def _snapshot_of(config: Config, encoding: Encoding) -> Any:
    values = config.__dict__
    held = [values.get(name) for name in encoding.mutable]
    for value in held:
        if type(value) not in _SCALARS:
            return [_snapshot(v) for v in held]
    return None


def _snapshot(value: Any) -> Any:
    """What a value holds now: scalars and configurations as they are, containers copied."""
    if isinstance(value, list):
        if not value or type(value[0]) in _SCALARS or getattr(value[0], "_xpm", None) is not None:
            return _FlatList(value)
        return [_snapshot(v) for v in value]
    if isinstance(value, dict):
        return {k: _snapshot(v) for k, v in value.items()}
    if isinstance(value, (set, tuple)):
        return tuple(value)
    return value


class _FlatList(list[Any]):
    """The elements of a list, whose own content cannot change, or is looked at elsewhere."""


def _is_unchanged(snapshot: Any, value: Any) -> bool:
    """Whether a value still holds the very objects of its snapshot."""
    if snapshot is value:
        return True
    if type(snapshot) is _FlatList:
        return len(snapshot) == len(value) and all(map(is_, snapshot, value))
    if isinstance(value, set):
        return set(map(id, snapshot)) == set(map(id, value))
    if type(snapshot) is not type(value):
        return False
    if isinstance(value, list):
        return len(snapshot) == len(value) and all(map(_is_unchanged, snapshot, value))
    if isinstance(value, dict):
        return list(snapshot) == list(value) and all(
            _is_unchanged(snapshot[k], v) for k, v in value.items()
        )
    return False
