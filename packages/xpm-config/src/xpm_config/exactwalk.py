"""The digest of a configuration with instances or cycles below it, as 2.x defines it.

Such a digest depends on where the configuration is: on the path from the root, for a cycle, and
on the equal instances met before, for an `InstanceConfig`. One walk goes through the streams in
order, as a recursion would, with a stack of its own.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .digests import convert
from .encoding import TAG_BACK, TAG_CONFIG, TAG_POSITION, pack_int
from .streams import Stream, encoding_of

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial


class _Frame:
    """A configuration that is being digested."""

    __slots__ = ("config", "is_cyclic", "next_hole", "stream")

    def __init__(self, config: Config, stream: Stream) -> None:
        self.config = config
        self.stream = stream
        self.next_hole = 0
        self.is_cyclic = False


class ExactWalk:
    """One computation of one root digest.

    Args:
        known: digests that do not depend on the walk, by `id()` of the configuration.
        partial: leaves parameters of the root out.
        as_declared: takes deprecated configurations as they were before their deprecation.
    """

    def __init__(
        self, known: dict[int, Any], partial: Partial | None = None, as_declared: bool = False
    ) -> None:
        self._known = {key: digest for key, digest in known.items() if isinstance(digest, bytes)}
        self._partial = partial
        self._as_declared = as_declared
        self._path: list[_Frame] = []
        self._index: dict[int, int] = {}
        self._instances: dict[bytes, list[Config]] = {}
        self._contents: list[Config] = []

    def run(self, root: Config) -> tuple[bytes, bool]:
        """The digest of `root`, and whether it lies on a cycle."""
        self._push(root)
        while True:
            frame = self._path[-1]
            holes = frame.stream.holes
            while frame.next_hole < len(holes):
                hole = holes[frame.next_hole]
                config = frame.stream.parts[hole]
                found = self._found(config)
                if found is None:
                    self._push(config)
                    break
                frame.stream.parts[hole] = found
                frame.next_hole += 1
            else:
                digest = sha256(b"".join(frame.stream.parts)).digest()
                self._path.pop()
                del self._index[id(frame.config)]
                if not frame.is_cyclic:
                    self._known[id(frame.config)] = digest
                if not self._path:
                    return digest, frame.is_cyclic
                parent = self._path[-1]
                parent.stream.parts[parent.stream.holes[parent.next_hole]] = self._placed(
                    frame.config, digest
                )
                parent.next_hole += 1

    def _push(self, config: Config) -> None:
        content = config if self._as_declared else convert(config)
        self._contents.append(content)
        encoding = encoding_of(content.__xpmtype__)
        stream = Stream(content, encoding, None if self._path else self._partial)
        if self._as_declared:
            name = content.__xpmtype__.original_name.encode()
            has_producer = stream.parts[0] != encoding.head
            stream.parts[2 if has_producer else 0] = name if has_producer else TAG_CONFIG + name
        self._index[id(config)] = len(self._path)
        self._path.append(_Frame(config, stream))

    def _found(self, config: Config) -> bytes | None:
        """What stands for a configuration in a stream, unless it is to be digested first."""
        index = self._index.get(id(config))
        if index is not None:
            for frame in self._path[index:]:
                frame.is_cyclic = True
            return TAG_BACK + pack_int(len(self._path) - index)
        state = config._xpm
        digest: bytes | None = None
        if state.sealed and not state.stored_cyclic and not self._as_declared:
            digest = state.stored
        if digest is None:
            digest = self._known.get(id(config))
        return None if digest is None else self._placed(config, digest)

    def _placed(self, config: Config, digest: bytes) -> bytes:
        """The digest, followed by which of the equal instances this one is."""
        if not config.__xpmtype__.is_instance:
            return digest
        equal = self._instances.setdefault(digest, [])
        position = next((i for i, known in enumerate(equal) if known is config), len(equal))
        if position == len(equal):
            equal.append(config)
        return digest if position == 0 else digest + TAG_POSITION + pack_int(position)


def exact_digest(
    config: Config, known: dict[int, Any], partial: Partial | None = None
) -> tuple[bytes, bool]:
    """The digest of a configuration, and whether it lies on a cycle."""
    return ExactWalk(known, partial).run(config)
