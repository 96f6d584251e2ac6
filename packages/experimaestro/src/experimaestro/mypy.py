"""The mypy plugin, under its published name: `plugins = ["experimaestro.mypy"]`."""

from xpm_config.mypy import plugin

__all__ = ["plugin"]
