"""Where files go when configurations are saved."""

from xpm_config.serialization import SerializationContext, SerializedPath, SerializedPathLoader

__all__ = ["SerializationContext", "SerializedPath", "SerializedPathLoader"]
