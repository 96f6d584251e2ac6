"""The mypy plugin: what annotations alone cannot say of configurations.

Enable it with `plugins = ["xpm_config.mypy"]` in `[tool.mypy]`. Nothing else of the package imports
this one, which needs mypy 1.13 or later.
"""

from __future__ import annotations

from xpm_config.mypy.hooks import ConfigurationPlugin

__all__ = ["ConfigurationPlugin", "plugin"]


def plugin(version: str) -> type[ConfigurationPlugin]:
    """The class of the plugin, for mypy.

    Args:
        version: The version of mypy.
    """
    return ConfigurationPlugin
