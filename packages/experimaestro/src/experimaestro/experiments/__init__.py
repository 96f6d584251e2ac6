"""Experiments written in YAML."""

from xpm_cli.fake_modules import mock_modules
from xpm_cli.helper import ExperimentHelper

# the submodule first: later imports of it then leave the name to the decorator
from experimaestro.experiments.configuration import (
    ConfigurationBase,
    DirtyGitAction,
    configuration,
)

__all__ = [
    "ConfigurationBase",
    "DirtyGitAction",
    "ExperimentHelper",
    "configuration",
    "mock_modules",
]
