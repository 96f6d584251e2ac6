"""Configurations on disk: saved folders, the objects of jobs and runs.

`values` gives parameter values a JSON form; `writer` and `loader` turn configurations into
definitions and back; the other modules say what is in each kind of file.
"""

from __future__ import annotations

from xpm_config.serialization.context import (
    SerializationContext,
    SerializedPath,
    SerializedPathLoader,
)
from xpm_config.serialization.files import (
    deserialize,
    from_state_dict,
    load,
    save,
    serialize,
    state_dict,
)
from xpm_config.serialization.jobs import LoadedTask, ObjectStream, load_task, task_definitions
from xpm_config.serialization.modules import is_loading_script
from xpm_config.serialization.runs import (
    ExperimentInfo,
    from_task_dir,
    load_configs,
    load_xp_info,
)
from xpm_config.serialization.stubs import TaskStub

__all__ = [
    "ExperimentInfo",
    "LoadedTask",
    "ObjectStream",
    "SerializationContext",
    "SerializedPath",
    "SerializedPathLoader",
    "TaskStub",
    "deserialize",
    "from_state_dict",
    "from_task_dir",
    "is_loading_script",
    "load",
    "load_configs",
    "load_task",
    "load_xp_info",
    "save",
    "serialize",
    "state_dict",
    "task_definitions",
]
