"""Annotations of parameters, and what custom ones derive from."""

from xpm_config import Param, field
from xpm_config.fields import TypeAnnotation

__all__ = ["Param", "TypeAnnotation", "field"]
