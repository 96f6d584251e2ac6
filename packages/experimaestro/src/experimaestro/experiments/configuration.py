"""The keys of experiments written in YAML."""

from xpm_cli.helper import ConfigurationBase, configuration
from xpm_scheduler.environment import DirtyGitAction

__all__ = ["ConfigurationBase", "DirtyGitAction", "configuration"]
