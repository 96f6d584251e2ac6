"""The types of parameters and of configurations."""

from xpm_config import Identifier, SubmitHook
from xpm_config.objecttype import ObjectType

__all__ = ["Identifier", "ObjectType", "SubmitHook"]
