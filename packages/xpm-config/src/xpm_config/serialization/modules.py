"""Finding the classes that a file names: by importing their module, or by executing its file.

A class defined outside a package is named with its file. Such a file is executed at most once a
process, and not at all when it is the script that runs or a module that is already imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from enum import Enum, Flag
from pathlib import Path
from types import ModuleType
from typing import Any

from xpm_config.errors import SerializationError

__all__ = ["Classes", "is_loading_script", "location_of"]

MAIN = "__main__"
LOADED_MAIN = "_main_"
"""The module name of a script whose classes are loaded: `if __name__ == "__main__"` is false."""

_loaded_files: dict[Path, ModuleType] = {}
_loading: list[Path] = []


def is_loading_script() -> bool:
    """True while a file is being executed only to find the classes that it defines."""
    return bool(_loading)


def location_of(cls: type) -> tuple[str, str | None]:
    """The module to import to find a class, and the file to execute if it is in no package."""
    name = cls.__module__
    module = sys.modules.get(name)
    spec = getattr(module, "__spec__", None)
    if name == MAIN and spec is not None:
        return spec.name, None  # python -m package.module
    if module is None or getattr(module, "__package__", None):
        return name, None
    file = getattr(module, "__file__", None)
    if name == LOADED_MAIN:
        name = MAIN
    return name, None if file is None else str(Path(file).absolute())


class Classes:
    """The classes named by one source (a file, a job), each looked for once.

    Args:
        source: What names the classes, for the errors.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._found: dict[tuple[str, str], Any] = {}
        self._files: dict[str, str] = {}

    def of(self, definition: Mapping[str, Any]) -> Any:
        """The class of an object.

        Raises:
            SerializationError: There is no such class, or its file cannot be executed.
            ModuleNotFoundError: There is no such module; the message says who names it.
        """
        name, qualname = definition["module"], definition["type"]
        found = self._found.get((name, qualname))
        if found is None:
            file = definition.get("file")
            if file is not None:
                self._files[name] = file
            found = self._find(name, qualname)
        return found

    def member(self, module: str, qualname: str, name: str) -> Any:
        """The member `name` of an enumeration.

        Raises:
            SerializationError: There is no such enumeration or member.
        """
        enum: Any = self._find(module, qualname)
        try:
            return _flags(enum, name) if _is_flag(enum) else enum[name]
        except (KeyError, TypeError):
            members = ", ".join(enum.__members__) if isinstance(enum, type(Enum)) else "none"
            raise SerializationError(
                f"{self._source} has the value {qualname}.{name}, which {module} does not define "
                f"(members: {members}). Was it renamed?"
            ) from None

    def _find(self, module_name: str, qualname: str) -> Any:
        """The class `qualname` of a module."""
        key = (module_name, qualname)
        if key in self._found:
            return self._found[key]
        module = self._module(module_name)
        found: Any = module
        for part in qualname.split("."):
            found = getattr(found, part, None)
            if found is None:
                raise SerializationError(
                    f"{self._source} needs the class {qualname} of the module {module_name} "
                    f"({getattr(module, '__file__', 'no file')}), which does not define it. "
                    "Was it renamed or moved? @deprecate keeps an old name alive."
                )
        self._found[key] = found
        return found

    def _module(self, name: str) -> ModuleType:
        """A module, from its file if it is known by one."""
        file = self._files.get(name)
        if file is not None and (module := _module_of_file(name, Path(file))) is not None:
            return module
        if name == MAIN:
            return self._main(file)
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                f"{self._source} needs the module {name}: {error}. Install the package that "
                "defines it, or add its folder to PYTHONPATH."
                + (f" (Its file, {file}, is not there any more.)" if file else ""),
                name=error.name,
                path=error.path,
            ) from error

    def _main(self, file: str | None) -> ModuleType:
        """The running script, for classes of a script without a file, or whose file is gone."""
        module = sys.modules[MAIN]
        if file is None:
            return module
        raise SerializationError(
            f"{self._source} needs the classes of the script {file}, which is not there any more. "
            "Put it back, or define the classes in an installed package."
        )


def _is_flag(enum: Any) -> bool:
    return isinstance(enum, type) and issubclass(enum, Flag)


def _flags(enum: type[Flag], name: str) -> Flag:
    """What several members make together, as in `READ|WRITE`; none of them has no name."""
    found = enum(0)
    for part in name.split("|") if name else ():
        found |= enum(int(part)) if part.isdigit() else enum[part]
    return found


def _module_of_file(name: str, file: Path) -> ModuleType | None:
    """The module of a file, executed unless it was; None when there is no such file."""
    if not file.is_file():
        return None
    resolved = file.resolve()
    if resolved in _loaded_files:
        return _loaded_files[resolved]
    for candidate in (name, MAIN, LOADED_MAIN):
        module = sys.modules.get(candidate)
        origin = getattr(module, "__file__", None)
        if module is not None and origin is not None and Path(origin).resolve() == resolved:
            return module
    return _execute(LOADED_MAIN if name == MAIN else name, file, resolved)


def _execute(name: str, file: Path, resolved: Path) -> ModuleType:
    """Execute a file as a module that has a name of its own."""
    if name in sys.modules:  # another file has the name
        name = f"{name}@{resolved}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise SerializationError(f"{file} is not a file that Python can execute.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = _loaded_files[resolved] = module
    _loading.append(resolved)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name], _loaded_files[resolved]
        raise
    finally:
        _loading.pop()
    return module
