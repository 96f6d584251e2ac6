"""Imports the user's experiment: its search path, its module or file, its `run` function."""

from __future__ import annotations

import inspect
import sys
import typing
from dataclasses import dataclass
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_cli.errors import BadInput, UserCodeError
from xpm_cli.experiment_file import ExperimentFile, ExperimentFileError, missing_file
from xpm_cli.helper import ExperimentHelper
from xpm_cli.paths import shown
from xpm_cli.schema import close_name, is_schema
from xpm_cli.yaml_tree import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@dataclass(frozen=True, slots=True)
class UserExperiment:
    """The code of an experiment, imported.

    Attributes:
        helper: Runs the function.
        schema: The class that the YAML file is read into.
        python_path: Folders that jobs need to find the user's modules.
        where: The `run` function, for messages: `experiment.py:12`.
    """

    helper: ExperimentHelper
    schema: type
    python_path: tuple[Path, ...]
    where: str


def import_experiment(
    source: ExperimentFile, *, file: str | None = None, module: str | None = None
) -> UserExperiment:
    """Import the module that a YAML file names, and find its `run` function and schema.

    A file is imported as a module of that name, so that the tasks defined in it can be imported
    by jobs; the folders added to the search path are those that jobs get.

    Args:
        source: The YAML file.
        file: The `--file` option, instead of the key `file`; relative to the current folder.
        module: The `--module-name` option, instead of the key `module`.

    Raises:
        ExperimentFileError: The file names something that is not there.
        UserCodeError: The user's module does not import.
        BadInput: There is no usable `run` function.
    """
    keys = source.general_keys("file", "module", "pythonpath", "pre_experiment")
    path = [_existing_folder(source, entry) for entry in keys.pythonpath or ()]
    _extend_search_path(path)
    if keys.pre_experiment:
        _run_before(source, keys.pre_experiment)
    wanted_module = module or (None if file else keys.module)
    if wanted_module:
        imported, folders = _import_named(source, wanted_module)
    else:
        target = Path(file) if file else source.folder / keys.file
        imported, folders = _import_file(source, target, from_option=file is not None)
    helper, function = _run_function(imported)
    where = f"{shown(Path(inspect.getfile(function)))}:{function.__code__.co_firstlineno}"
    return UserExperiment(helper, _schema(function, where), (*path, *folders), where)


def _existing_folder(source: ExperimentFile, entry: str) -> Path:
    folder = (source.folder / entry).resolve()
    if not folder.is_dir():
        message = missing_file("the folder", folder)
        raise ExperimentFileError([Mistake(source.origin("pythonpath"), f"pythonpath: {message}")])
    return folder


def _extend_search_path(folders: list[Path]) -> None:
    """Put folders first in the search path, in their order, once."""
    texts = [str(folder) for folder in folders]
    sys.path[:] = texts + [entry for entry in sys.path if entry not in texts]
    invalidate_caches()


def _run_before(source: ExperimentFile, target: str) -> None:
    """Execute the file or module of the key `pre_experiment`."""
    path = source.folder / target
    path = path if path.suffix == ".py" else path.with_name(path.name + ".py")
    try:
        if path.is_file():
            from runpy import run_path  # lazy: few experiments have one

            run_path(str(path), run_name="pre_experiment")
        else:
            import_module(target)
    except ImportError as error:
        if isinstance(error, ModuleNotFoundError) and _is_itself(error, target):
            message = f"pre_experiment: there is neither a file {shown(path)} nor a module {target}"
            raise ExperimentFileError([Mistake(source.origin("pre_experiment"), message)]) from None
        raise UserCodeError(f"pre_experiment {target} failed", error) from error
    except Exception as error:
        raise UserCodeError(f"pre_experiment {target} failed", error) from error


def _is_itself(error: ModuleNotFoundError, module: str) -> bool:
    """Whether the module that was not found is the one asked for, or a package that holds it."""
    return error.name is not None and f"{module}.".startswith(f"{error.name}.")


def _import_named(source: ExperimentFile, name: str) -> tuple[ModuleType, list[Path]]:
    """Import a module by its name; the folder of the YAML file is searched too."""
    try:
        return _import(name), []
    except UserCodeError as error:
        cause = error.cause
        if not (isinstance(cause, ModuleNotFoundError) and _is_itself(cause, name)):
            raise
    _extend_search_path([source.folder])
    try:
        return _import(name), [source.folder]
    except UserCodeError as error:
        cause = error.cause
        if not (isinstance(cause, ModuleNotFoundError) and _is_itself(cause, name)):
            raise
        message = f"module: there is no module '{cause.name}' here nor in {shown(source.folder)}"
        raise ExperimentFileError([Mistake(source.origin("module"), message)]) from None


def _import(name: str) -> ModuleType:
    try:
        return import_module(name)
    except Exception as error:
        raise UserCodeError(f"the experiment module '{name}' does not import", error) from error


def _import_file(
    source: ExperimentFile, target: Path, *, from_option: bool
) -> tuple[ModuleType, list[Path]]:
    """Import a Python file as the module of its name (in its package, when it has one)."""
    target = target if target.suffix == ".py" else target.with_name(target.name + ".py")
    if not target.is_file():
        message = missing_file("the experiment's file", target)
        if from_option:
            raise BadInput(f"--file: {message}")
        raise ExperimentFileError([Mistake(source.origin("file"), f"file: {message}")])
    target = target.resolve()
    folder, name = target.parent, target.stem
    if "." in name:
        raise BadInput(f"{shown(target)}: a module name holds no dot: rename the file")
    while (folder / "__init__.py").is_file():
        folder, name = folder.parent, f"{folder.name}.{name}"
    _extend_search_path([folder])
    module = _import(name)
    found = Path(module.__file__).resolve() if module.__file__ else None
    if found != target:
        raise BadInput(
            f"{shown(target)}: another module is called '{name}' ({found or 'built in'}): "
            "rename the file, or name it with its package in the key 'module'"
        )
    return module, [folder]


def _run_function(module: ModuleType) -> tuple[ExperimentHelper, Callable[..., Any]]:
    """The helper and the function behind the name `run` of a module."""
    place = shown(Path(module.__file__)) if module.__file__ else module.__name__
    run = getattr(module, "run", None)
    helper = run if isinstance(run, ExperimentHelper) else None
    function = helper.callable if helper else run
    if not inspect.isfunction(function):
        functions = [name for name, value in vars(module).items() if inspect.isfunction(value)]
        found = "nothing of that name" if run is None else f"a {type(run).__name__}"
        raise BadInput(
            f"{place}: expected a function 'run(helper, cfg)', found {found}"
            f"{close_name('run', functions)}"
        )
    return helper or ExperimentHelper(function), function


def _schema(function: Callable[..., Any], where: str) -> type:
    """The class that annotates the second parameter of `run`."""
    parameters = list(inspect.signature(function).parameters.values())
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if len(parameters) != 2 or any(p.kind not in positional for p in parameters):
        names = ", ".join(str(p) for p in parameters)
        raise BadInput(f"{where}: expected run(helper, cfg), two parameters; found run({names})")
    second = parameters[1]
    try:
        schema = typing.get_type_hints(function).get(second.name)
    except NameError as error:
        raise BadInput(
            f"{where}: the annotations of run cannot be read: {error}. What annotates "
            f"'{second.name}' must be imported when the module runs, not only for type checkers."
        ) from error
    if not is_schema(schema):
        found = "no annotation" if schema is None else f"the annotation {schema!r}"
        raise BadInput(
            f"{where}: expected '{second.name}' to be annotated with a @configuration class, "
            f"found {found}"
        )
    assert isinstance(schema, type)
    return schema
