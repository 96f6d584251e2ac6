"""Annotations that restrict the values of a parameter."""

from xpm_config import Choices

__all__ = ["Choices"]
