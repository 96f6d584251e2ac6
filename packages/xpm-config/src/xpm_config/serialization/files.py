"""Saving configurations in a folder, or as a JSON value, and loading them again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xpm_config.errors import SerializationError
from xpm_config.graph import configurations_in, is_configuration
from xpm_config.jsonio import read_json, write_json
from xpm_config.serialization.collector import collector_paused
from xpm_config.serialization.context import SerializationContext, SerializedPath
from xpm_config.serialization.data import DataPlaces
from xpm_config.serialization.loader import Loader, Paths, references_in
from xpm_config.serialization.writer import Writer, all_definitions

if TYPE_CHECKING:
    from xpm_config.config import Config

__all__ = [
    "DEFINITION",
    "deserialize",
    "from_state_dict",
    "load",
    "save",
    "serialize",
    "state_dict",
]

DEFINITION = "experimaestro.json"
OLD_DEFINITION = "definition.json"

Folder = Path | str
PathLoader = Callable[[Any], Any]
"""Gives the real path of a file of a saved folder, wherever it is kept."""


def state_dict(context: SerializationContext, obj: Any) -> dict[str, Any]:
    """The JSON value that says how to build configurations again.

    Args:
        context: Where the data files go.
        obj: A configuration, or a list, tuple or dictionary of them, nested as it may be.

    Returns:
        `{"objects": definitions, "data": references}`.

    Raises:
        SerializationError: A value has no form in JSON, or `obj` is none of the above.
    """
    if not is_configuration(obj) and not isinstance(obj, (list, tuple, dict)):
        raise SerializationError(
            f"{obj!r} cannot be saved alone: give a configuration, or a list, a tuple or a "
            "dictionary of configurations."
        )
    writer = Writer(data=DataPlaces(context, obj).forms)
    objects = all_definitions(writer, configurations_in(obj))
    return {"objects": objects, "data": writer.encode(_with_lists(obj))}


def _with_lists(value: Any) -> Any:
    """Tuples outside configurations as lists, which 2.x reads."""
    if isinstance(value, (list, tuple)):
        return [_with_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_lists(item) for key, item in value.items()}
    return value


def from_state_dict(
    state: Mapping[str, Any],
    path: Folder | PathLoader | None = None,
    *,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    source: object = "the state",
) -> Any:
    """What `state_dict` was given, built again.

    Args:
        state: What `state_dict` returned.
        path: The folder of the data files, or a function from a `SerializedPath` to its path.
        as_instance: Build value objects, and not configuration objects.
        partial_loading: Put a `TaskStub` in the place of tasks that are only named as the
            producers of what is loaded; by default, when value objects are built.
        source: What the state comes from, for the errors.

    Raises:
        SerializationError: The state does not fit the present code, or is damaged.
        ModuleNotFoundError: A module cannot be imported.
    """
    objects, data = state["objects"], state["data"]
    partial = as_instance if partial_loading is None else partial_loading
    loader = Loader(source, as_instance=as_instance, paths=Paths(data=_data_loader(path)))
    loader.load(objects, roots=references_in(data) if partial else None)
    return loader.decode(data)


def _data_loader(path: Folder | PathLoader | None) -> Callable[[str, bool | None], Path]:
    """What gives the real path of a data file."""
    if path is None:
        return lambda value, _: Path(value)
    if callable(path):
        find = path
        return lambda value, is_folder: Path(find(SerializedPath(Path(value), is_folder)))
    folder = Path(path).absolute()
    return lambda value, _: folder / value


def save(
    obj: Any,
    save_directory: Folder | None,
    definition_filename: str = DEFINITION,
    *,
    context: SerializationContext | None = None,
) -> None:
    """Save configurations in a folder, made if it is not there, with their data files.

    Args:
        obj: A configuration, or a list, tuple or dictionary of them, nested as it may be.
        save_directory: The folder; saving again into it replaces what it holds.
        definition_filename: The name of the JSON file.
        context: Where the data files go; by default, they are hard-linked, else copied, into
            the folder.

    Raises:
        SerializationError: A value has no form in JSON, or a data file does not exist.

    Durability: the JSON file is replaced as a whole, once the data files are in place.

    Example:
        >>> save([Model.C(hidden=3)], folder)
        >>> load(folder)[0].hidden
        3
    """
    folder = _folder_of(save_directory, context)
    folder.mkdir(parents=True, exist_ok=True)
    with collector_paused():
        state = state_dict(context or SerializationContext(folder), obj)
        write_json(folder / definition_filename, state)


def _folder_of(save_directory: Folder | None, context: SerializationContext | None) -> Path:
    """The folder to save in: the one given, else that of the context."""
    if save_directory is not None:
        return Path(save_directory)
    if context is not None and context.save_directory is not None:
        return context.save_directory
    raise SerializationError("There is no folder to save in: give one.")


def load(
    path: Folder | PathLoader,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    definition_filename: str | None = None,
) -> Any:
    """What was saved in a folder.

    Configurations are sealed and have the identifiers that were saved; their data paths are
    absolute.

    Args:
        path: The folder, or a function that gives the real path of one of its files.
        as_instance: Build value objects, and not configuration objects.
        partial_loading: See `from_state_dict`.
        definition_filename: The name of the JSON file; by default, that of `save`, else the one
            of older versions.

    Raises:
        FileNotFoundError: There is no such file; the message names those that were tried.
        SerializationError: The file does not fit the present code, or is damaged.
        ModuleNotFoundError: A module cannot be imported.
    """
    definition = _find_definition(path, definition_filename)
    with collector_paused():
        state = read_json(definition)
    if isinstance(state, list):  # one object, saved alone: the last one
        reference = {"type": "python", "value": state[-1]["id"]}
        state = {"objects": state, "data": reference}
    return from_state_dict(
        state,
        path,
        as_instance=as_instance,
        partial_loading=partial_loading,
        source=definition,
    )


def _find_definition(path: Folder | PathLoader, filename: str | None) -> Path:
    """The JSON file of a saved folder."""
    names = [filename] if filename is not None else [DEFINITION, OLD_DEFINITION]
    for name in names:
        if callable(path):
            try:
                found = Path(path(SerializedPath(Path(name), False)))
            except FileNotFoundError:
                continue
        else:
            found = Path(path) / name
        if found.is_file():
            return found
    where = "what the loader gives" if callable(path) else str(Path(path).absolute())
    raise FileNotFoundError(f"Nothing was saved in {where}: it has no file {' nor '.join(names)}.")


def serialize(
    obj: Config,
    save_directory: Folder,
    *,
    init_tasks: Iterable[Config] = (),
    definition_filename: str = DEFINITION,
    context: SerializationContext | None = None,
) -> None:
    """Save a configuration with the init tasks that give it its state.

    Args:
        obj: The configuration.
        save_directory: The folder.
        init_tasks: Lightweight tasks to execute once the object is loaded.
        definition_filename: The name of the JSON file.
        context: Where the data files go; see `save`.
    """
    save([obj, list(init_tasks)], save_directory, definition_filename, context=context)


def deserialize(
    path: Folder | PathLoader,
    as_instance: bool = False,
    partial_loading: bool | None = None,
    definition_filename: str | None = None,
) -> Any:
    """What was saved by `serialize`.

    Args:
        path: The folder, or a function that gives the real path of one of its files.
        as_instance: Build the value object, and execute the init tasks.
        partial_loading: See `from_state_dict`.
        definition_filename: The name of the JSON file; see `load`.

    Returns:
        The configuration and the list of its init tasks; with `as_instance`, the value object.
    """
    loaded = load(path, as_instance, partial_loading, definition_filename)
    if not isinstance(loaded, Sequence) or len(loaded) != 2 or not isinstance(loaded[1], list):
        raise SerializationError(
            f"{path} was not saved by serialize(), with one object and its init tasks: use load()."
        )
    obj, init_tasks = loaded
    if not as_instance:
        return obj, init_tasks
    for task in init_tasks:
        task.execute()
    return obj
