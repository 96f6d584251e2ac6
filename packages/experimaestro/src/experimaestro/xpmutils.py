"""Contexts for objects that are built by hand."""

from xpm_config import DirectoryContext
from xpm_config.instances import EmptyContext

__all__ = ["DirectoryContext", "EmptyContext"]
