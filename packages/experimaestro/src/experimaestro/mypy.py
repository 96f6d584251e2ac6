"""The mypy plugin, under its published name: `plugins = ["experimaestro.mypy"]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_config.mypy import ConfigurationPlugin

__all__ = ["plugin"]


def plugin(version: str) -> type[ConfigurationPlugin]:
    """The class of the plugin, for mypy.

    Args:
        version: The version of mypy.
    """
    import xpm_config.mypy  # needs mypy, which only its users have

    return xpm_config.mypy.plugin(version)
