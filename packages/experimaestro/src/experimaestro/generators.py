"""Values that are generated when a task is submitted."""

from xpm_config import PathGenerator, pathgenerator
from xpm_config.fields import Generator

__all__ = ["Generator", "PathGenerator", "pathgenerator"]
