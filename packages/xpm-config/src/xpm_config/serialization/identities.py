"""The identifiers of many configurations of one graph, each node of which is visited once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config import digests
from xpm_config.errors import ConfigError

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = ["Identities"]


class Identities:
    """Gives identifiers, and keeps what it met: nothing may change as long as it is used.

    Asking each configuration for its own identifier would look again at all that is below it,
    unless it is sealed: lists can change without notice.
    """

    def __init__(self) -> None:
        self._walk = digests.Walk()

    def identifier(self, config: Config) -> str:
        """The 64 hexadecimal digits, as `config.__xpm__.identifier` gives them.

        Nothing is stored on the configuration: an identifier stored on a part would change that
        of a whole that has instances.

        Raises:
            IdentifierError: A value is missing, or cannot be encoded.
        """
        state = config._xpm
        if state.stored is not None and state.sealed:
            return state.stored.hex()
        try:
            digest: Any = self._walk.run(config)
        except ConfigError:
            raise
        except Exception:
            # Explains what is wrong, with names and places
            return str(config.__xpm__.identifier)
        if digest is digests.IMPURE:
            digest, _ = digests.compute(config)
        found: bytes = digest
        return found.hex()
