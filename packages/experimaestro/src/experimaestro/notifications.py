"""The progress of a running task."""

from xpm_config import progress, tqdm

__all__ = ["progress", "tqdm"]
