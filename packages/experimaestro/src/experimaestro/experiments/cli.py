"""The command that runs experiments written in YAML."""

from xpm_cli.commands.run_experiment import run_experiment as experiments_cli
from xpm_cli.helper import ExperimentCallable, ExperimentHelper

__all__ = ["ExperimentCallable", "ExperimentHelper", "experiments_cli"]
