"""From a class to the name by which another process finds it, and back, scripts included."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from xpm_config.serialization.modules import Classes, location_of

from xpm_scheduler.services.errors import ServiceNotRestored

__all__ = ["class_named", "file_of", "name_of"]


def name_of(cls: type) -> str:
    """`module.Class`; the module of a script is `__main__`."""
    return f"{location_of(cls)[0]}.{cls.__qualname__}"


def file_of(cls: type) -> str | None:
    """The file of a class that is in no package: a script, or a module beside it."""
    return location_of(cls)[1]


def class_named(name: str, file: object = None) -> Any:
    """The class of a name.

    Args:
        name: `module.Class`, also for a class defined in another one.
        file: The file of its module when it is in no package; executed at most once.

    Raises:
        ServiceNotRestored: There is none.
    """
    parts = name.split(".")
    if isinstance(file, str):
        if not Path(file).is_file():
            raise ServiceNotRestored(name, f"{file}, which defines it, is not there any more")
        return _attempt(name, lambda: _in_file(name, file))
    for cut in range(len(parts) - 1, 0, -1):
        module = ".".join(parts[:cut])
        try:
            found: Any = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name is not None and (f"{module}.").startswith(f"{error.name}."):
                continue
            raise ServiceNotRestored(name, str(error)) from error
        return _attempt(name, lambda found=found, cut=cut: _below(found, parts[cut:]))
    raise ServiceNotRestored(name, f"there is no module {parts[0]!r} here")


def _in_file(name: str, file: str) -> Any:
    module, _, qualname = name.rpartition(".")
    return Classes(f"the service {name}").of({"module": module, "type": qualname, "file": file})


def _below(found: Any, names: list[str]) -> Any:
    for name in names:
        found = getattr(found, name)
    return found


def _attempt(name: str, find: Any) -> Any:
    """What `find()` gives; the code of users is executed: anything may happen."""
    try:
        return find()
    except Exception as error:
        raise ServiceNotRestored(name, f"{type(error).__name__}: {error}") from error
