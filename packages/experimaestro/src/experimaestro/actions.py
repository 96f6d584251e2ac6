"""Actions: operations that a user runs after an experiment."""

from xpm_config import Action, CLIInteraction, Interaction

__all__ = ["Action", "CLIInteraction", "Interaction"]
