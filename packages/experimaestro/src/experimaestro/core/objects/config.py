"""Configurations and tasks."""

from xpm_config import (
    Config,
    InstanceConfig,
    LightweightTask,
    PathSerializationLWTask,
    ResumableTask,
    SerializationLWTask,
    Task,
)
from xpm_config.copying import clone
from xpm_config.information import ConfigInformation
from xpm_config.runtime import WatchedOutput

__all__ = [
    "Config",
    "ConfigInformation",
    "InstanceConfig",
    "LightweightTask",
    "PathSerializationLWTask",
    "ResumableTask",
    "SerializationLWTask",
    "Task",
    "WatchedOutput",
    "clone",
]
