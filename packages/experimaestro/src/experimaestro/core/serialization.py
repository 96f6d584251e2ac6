"""Saves configurations, and loads them."""

from xpm_config import (
    ExperimentInfo,
    deserialize,
    from_state_dict,
    from_task_dir,
    load,
    load_configs,
    load_xp_info,
    save,
    serialize,
    state_dict,
)

__all__ = [
    "ExperimentInfo",
    "deserialize",
    "from_state_dict",
    "from_task_dir",
    "load",
    "load_configs",
    "load_xp_info",
    "save",
    "serialize",
    "state_dict",
]
