"""The names that users import: `from experimaestro import Config, Param, Task, experiment, ...`.

Each name lives in one of the wheels below and is looked up there when it is first used, so that a
library of configurations, or a job, does not load the scheduler. There is no logic here.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Annotated

    from xpm_config import (
        STDERR,
        STDOUT,
        Action,
        Any,
        Array,
        Choices,
        CLIInteraction,
        Config,
        Constant,
        DataPath,
        DependentMarker,
        DirectoryContext,
        GracefulTimeout,
        Identifier,
        InstanceConfig,
        Interaction,
        LightweightTask,
        Meta,
        ObjectStore,
        Option,
        OptionalDataPath,
        Param,
        ParameterGroup,
        Partial,
        PathGenerator,
        PathSerializationLWTask,
        Prepare,
        ResumableTask,
        RunMode,
        SerializationContext,
        SerializationLWTask,
        SubmitHook,
        TagDict,
        Task,
        TaskCancelled,
        TransientMode,
        cache,
        config_only,
        copyconfig,
        deprecate,
        deserialize,
        documentation,
        field,
        from_state_dict,
        from_task_dir,
        help,
        initializer,
        load,
        load_configs,
        load_xp_info,
        param_group,
        partial,
        pathgenerator,
        progress,
        save,
        sealed_set,
        serialize,
        setmeta,
        state_dict,
        stop_tags,
        tag,
        tags,
        tagspath,
        tqdm,
    )
    from xpm_scheduler.environment import DirtyGitAction
    from xpm_scheduler.errors import DirtyGitError, FailedExperiment, GracefulExperimentExit
    from xpm_scheduler.experiment import experiment
    from xpm_scheduler.job import Job
    from xpm_scheduler.launchers import Launcher
    from xpm_scheduler.loop import Scheduler
    from xpm_scheduler.workspace import ExperimentWorkspace as Workspace

    __version__: str

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
    "Constant",
    "DataPath",
    "DependentMarker",
    "DirectoryContext",
    "DirtyGitAction",
    "DirtyGitError",
    "FailedExperiment",
    "GracefulExperimentExit",
    "GracefulTimeout",
    "Identifier",
    "InstanceConfig",
    "Interaction",
    "Job",
    "Launcher",
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
    "Scheduler",
    "SerializationContext",
    "SerializationLWTask",
    "SubmitHook",
    "TagDict",
    "Task",
    "TaskCancelled",
    "TransientMode",
    "Workspace",
    "__version__",
    "cache",
    "config_only",
    "copyconfig",
    "deprecate",
    "deserialize",
    "documentation",
    "experiment",
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
]

# where the names that are not in xpm_config live
_ELSEWHERE = {
    "Path": "pathlib:Path",
    "Annotated": "typing:Annotated",
    "DirtyGitAction": "xpm_scheduler.environment:DirtyGitAction",
    "DirtyGitError": "xpm_scheduler.errors:DirtyGitError",
    "FailedExperiment": "xpm_scheduler.errors:FailedExperiment",
    "GracefulExperimentExit": "xpm_scheduler.errors:GracefulExperimentExit",
    "experiment": "xpm_scheduler.experiment:experiment",
    "Job": "xpm_scheduler.job:Job",
    "Launcher": "xpm_scheduler.launchers:Launcher",
    "Scheduler": "xpm_scheduler.loop:Scheduler",
    "Workspace": "xpm_scheduler.workspace:ExperimentWorkspace",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # lazy: it reads files

        value: object = version("experimaestro")
    elif name in __all__:
        module, _, attribute = _ELSEWHERE.get(name, f"xpm_config:{name}").partition(":")
        value = getattr(importlib.import_module(module), attribute)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
