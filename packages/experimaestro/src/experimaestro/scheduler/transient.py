"""Whether a task is run, and kept, for its own sake."""

from xpm_config import TransientMode

__all__ = ["TransientMode"]
