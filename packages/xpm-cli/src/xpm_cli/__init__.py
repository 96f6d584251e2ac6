"""The command line of experimaestro, and what YAML experiments import.

Everything is loaded on first use: `experimaestro --help` must answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xpm_cli.base_configuration import ConfigurationBase, configuration
    from xpm_cli.helper import ExperimentCallable, ExperimentHelper

__all__ = ["ConfigurationBase", "ExperimentCallable", "ExperimentHelper", "configuration"]

_HOMES = {
    "ConfigurationBase": "xpm_cli.base_configuration",
    "ExperimentCallable": "xpm_cli.helper",
    "ExperimentHelper": "xpm_cli.helper",
    "configuration": "xpm_cli.base_configuration",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'xpm_cli' has no attribute {name!r}")
    from importlib import import_module  # lazy: only who asks for a name pays for it

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
