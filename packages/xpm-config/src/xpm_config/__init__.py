"""Typed configurations with stable identifiers.

A class declares parameters, `.C(...)` builds a configuration whose values are checked, and its
identifier says what it is. Tasks are configurations that can be run; `submit()` hands them to a
scheduler, which this package does not hold.

Names are loaded when they are first used: `import xpm_config` costs next to nothing.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Annotated
    from typing import Any as Any

    from .actions import Action, CLIInteraction, Interaction
    from .compatibility import Array
    from .config import Config, InstanceConfig
    from .copying import copyconfig, setmeta
    from .decorators import cache, config_only, documentation, initializer
    from .deprecation import deprecate
    from .difference import Difference, why_differ
    from .errors import ConfigError, GracefulTimeout, HandledException, TaskCancelled
    from .fields import (
        STDERR,
        STDOUT,
        Choices,
        Constant,
        DataPath,
        Meta,
        Option,
        OptionalDataPath,
        Param,
        ParameterGroup,
        Partial,
        PathGenerator,
        field,
        help,
        param_group,
        partial,
        pathgenerator,
    )
    from .instances import DirectoryContext, ObjectStore
    from .modes import RunMode, TransientMode
    from .outputs import DependentMarker
    from .prepare import Prepare
    from .progress import progress, tqdm
    from .serialization import (
        ExperimentInfo,
        SerializationContext,
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
    from .submission import SubmitHook
    from .tags import TagDict, stop_tags, tag, tags, tagspath
    from .tasks import (
        LightweightTask,
        PathSerializationLWTask,
        ResumableTask,
        SerializationLWTask,
        Task,
    )
    from .typenames import Identifier
    from .values import sealed_set

_MODULES = {
    "actions": ("Action", "CLIInteraction", "Interaction"),
    "compatibility": ("Array",),
    "config": ("Config", "InstanceConfig"),
    "copying": ("copyconfig", "setmeta"),
    "decorators": ("cache", "config_only", "documentation", "initializer"),
    "deprecation": ("deprecate",),
    "difference": ("Difference", "why_differ"),
    "errors": ("ConfigError", "GracefulTimeout", "HandledException", "TaskCancelled"),
    "fields": (
        "STDERR",
        "STDOUT",
        "Choices",
        "Constant",
        "DataPath",
        "Meta",
        "Option",
        "OptionalDataPath",
        "Param",
        "ParameterGroup",
        "Partial",
        "PathGenerator",
        "field",
        "help",
        "param_group",
        "partial",
        "pathgenerator",
    ),
    "instances": ("DirectoryContext", "ObjectStore"),
    "modes": ("RunMode", "TransientMode"),
    "outputs": ("DependentMarker",),
    "prepare": ("Prepare",),
    "progress": ("progress", "tqdm"),
    "serialization": (
        "ExperimentInfo",
        "SerializationContext",
        "deserialize",
        "from_state_dict",
        "from_task_dir",
        "load",
        "load_configs",
        "load_xp_info",
        "save",
        "serialize",
        "state_dict",
    ),
    "submission": ("SubmitHook",),
    "tags": ("TagDict", "stop_tags", "tag", "tags", "tagspath"),
    "tasks": (
        "LightweightTask",
        "PathSerializationLWTask",
        "ResumableTask",
        "SerializationLWTask",
        "Task",
    ),
    "typenames": ("Identifier",),
    "values": ("sealed_set",),
}
_ORIGINS = {
    **{name: f"xpm_config.{module}" for module, names in _MODULES.items() for name in names},
    "Annotated": "typing",
    "Path": "pathlib",
}

__all__ = [
    "STDERR",
    "STDOUT",
    "Action",
    "Annotated",
    "Any",
    "Array",
    "CLIInteraction",
    "Choices",
    "Config",
    "ConfigError",
    "Constant",
    "DataPath",
    "DependentMarker",
    "Difference",
    "DirectoryContext",
    "ExperimentInfo",
    "GracefulTimeout",
    "HandledException",
    "Identifier",
    "InstanceConfig",
    "Interaction",
    "LightweightTask",
    "Meta",
    "ObjectStore",
    "Option",
    "OptionalDataPath",
    "Param",
    "ParameterGroup",
    "Partial",
    "Path",
    "PathGenerator",
    "PathSerializationLWTask",
    "Prepare",
    "ResumableTask",
    "RunMode",
    "SerializationContext",
    "SerializationLWTask",
    "SubmitHook",
    "TagDict",
    "Task",
    "TaskCancelled",
    "TransientMode",
    "cache",
    "config_only",
    "copyconfig",
    "deprecate",
    "deserialize",
    "documentation",
    "field",
    "from_state_dict",
    "from_task_dir",
    "help",
    "initializer",
    "load",
    "load_configs",
    "load_xp_info",
    "param_group",
    "partial",
    "pathgenerator",
    "progress",
    "save",
    "sealed_set",
    "serialize",
    "setmeta",
    "state_dict",
    "stop_tags",
    "tag",
    "tags",
    "tagspath",
    "tqdm",
    "why_differ",
]


def __getattr__(name: str) -> Any:
    origin = _ORIGINS.get(name)
    if origin is None:
        raise AttributeError(f"module 'xpm_config' has no attribute {name!r}")
    from importlib import import_module  # only the first time that a name is used

    found = getattr(import_module(origin), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps published functions from being hidden by the modules of the same name.

    Importing `xpm_config.tags` would make the attribute `tags` of the package that module.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _ORIGINS and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
