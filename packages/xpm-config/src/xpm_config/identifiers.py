"""Identifiers: what a configuration is, in 32 bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from .digests import compute, convert, root_digest
from .encoding import Unencodable
from .errors import IdentifierError

if TYPE_CHECKING:
    from .config import Config
    from .fields import Partial

__all__ = ["ConfigIdentifier", "identifier_of", "partial_identifier_of", "stored_digest"]


class ConfigIdentifier:
    """The identifier of a configuration.

    Attributes:
        all: the 32 bytes.
        main: the same: older formats tell them apart.
    """

    __slots__ = ("all",)

    def __init__(self, digest: bytes) -> None:
        self.all = digest

    @property
    def main(self) -> bytes:
        """The 32 bytes."""
        return self.all

    def hex(self) -> str:
        """The 64 hexadecimal digits."""
        return self.all.hex()

    def __str__(self) -> str:
        return self.all.hex()

    def __repr__(self) -> str:
        return f"ConfigIdentifier({self.all.hex()})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ConfigIdentifier) and other.all == self.all

    def __hash__(self) -> int:
        return hash(self.all)


def stored_digest(config: Config) -> bytes:
    """The digest of a configuration, kept for good if it is sealed.

    Raises:
        IdentifierError: if a value is missing, or cannot be encoded.
    """
    try:
        return root_digest(config)
    except (Unencodable, KeyError, UnicodeEncodeError, struct.error) as error:
        raise _explain(config, error) from error


def identifier_of(config: Config) -> ConfigIdentifier:
    """The identifier of a configuration.

    Raises:
        IdentifierError: if a value is missing, or cannot be encoded.

    Complexity: linear in the number of configurations below that changed since the last time.
    """
    return ConfigIdentifier(stored_digest(config))


def partial_identifier_of(config: Config, partial: Partial) -> ConfigIdentifier:
    """The identifier without the parameters that `partial` leaves out.

    Raises:
        IdentifierError: if a value is missing, or cannot be encoded.
    """
    state = config._xpm
    if state.sealed and state.extras is not None and partial in state.extras.partials:
        return ConfigIdentifier(state.extras.partials[partial])
    try:
        digest, _ = compute(config, partial)
    except (Unencodable, KeyError, UnicodeEncodeError, struct.error) as error:
        raise _explain(config, error) from error
    if state.sealed:
        state.extend().partials[partial] = digest
    return ConfigIdentifier(digest)


def original_identifier_of(config: Config) -> ConfigIdentifier:
    """The identifier as it was before classes were deprecated."""
    from .exactwalk import ExactWalk

    return ConfigIdentifier(ExactWalk({}, as_declared=True).run(config)[0])


def _explain(root: Config, error: Exception) -> IdentifierError:
    """The error that says which value, of which configuration, has no encoding."""
    from .fields import MISSING
    from .sealing import keys_of, written
    from .streams import enters
    from .validation import in_order

    problems = []
    for trail, node in in_order(root):
        content = convert(node)
        for parameter in content.__xpmtype__.parameters.values():
            if parameter.generator is not None:
                continue
            name = written((*keys_of(trail), parameter.name))
            place = node.__xpm__.place_of(parameter.name)
            value = content.__dict__.get(parameter.name, MISSING)
            try:
                enters(content, parameter)
            except KeyError:
                problems.append(f"{name} has no value: expected {parameter.type} ({place})")
            except Unencodable as problem:
                problems.append(f"{name}: {problem.reason} ({place})")
            except (UnicodeEncodeError, struct.error) as problem:
                problems.append(f"{name} = {value!r}: {problem} ({place})")
    listed = "; ".join(problems) or str(error)
    return IdentifierError(f"{root!r} has no identifier: {listed}")
