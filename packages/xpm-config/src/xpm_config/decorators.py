"""Decorators of methods: `initializer`, `cache`, `documentation`, `config_only`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from .errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["cache", "config_only", "documentation", "initializer"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")


def initializer(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Has a method run once per object: later calls return the first result."""
    from functools import wraps

    key = f"__xpm_initialized_{method.__name__}__"

    @wraps(method)
    def once(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        kept: dict[str, Any] = self.__dict__
        if key not in kept:
            kept[key] = method(self, *args, **kwargs)
        result: R = kept[key]
        return result

    return once


def cache(
    name: str,
) -> Callable[[Callable[Concatenate[S, Path, P], R]], Callable[Concatenate[S, P], R]]:
    """Gives a method a file of its own per configuration: it is called with the path first.

    The file is `WORKSPACE/config/CLASS/IDENTIFIER/name`; its folder is made, and a lock is held
    during the call. Whether to read or to write it is for the method to decide.

    Args:
        name: the name of the file.

    Concurrency: one process at a time is in the method, for one configuration.
    """

    def decorate(
        method: Callable[Concatenate[S, Path, P], R],
    ) -> Callable[Concatenate[S, P], R]:
        from functools import wraps

        @wraps(method)
        def cached(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            path = _cache_path(self, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with _locked(path.with_name(f"{name}.lock")):
                return method(self, path, *args, **kwargs)

        return cached

    return decorate


def _cache_path(instance: Any, name: str) -> Path:
    from .paths import cache_path

    config = instance if getattr(instance, "_xpm", None) is not None else None
    if config is None:
        config = instance.__dict__.get("__xpmconfig__")
    if config is not None:
        identifier = str(config.__xpm__.identifier)
        cls = config.__xpmtype__.cls
    elif hasattr(instance, "__xpmidentifier__"):
        identifier, cls = str(instance.__xpmidentifier__), type(instance)
    else:
        raise ConfigError(
            f"@cache({name!r}): this {type(instance).__qualname__} was not built from a "
            "configuration, so nothing tells where its file is."
        )
    return cache_path(_workspace(name), f"{cls.__module__}.{cls.__qualname__}", identifier, name)


def _workspace(name: str) -> Path:
    """The workspace of the job that runs, else of the experiment."""
    from .runtime import current_runtime, current_submitter

    task_path = current_runtime().task_path
    if task_path is not None:
        return task_path.parent.parent.parent  # workspace/jobs/TYPE/IDENTIFIER
    submitter = current_submitter()
    if submitter is None:
        raise ConfigError(
            f"@cache({name!r}): there is no workspace to hold the file. Run the task in a job, or "
            "call the method within `with experiment(…):`."
        )
    return submitter.workspace_path


class _locked:
    """Holds an exclusive lock on a file, made if needed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        import fcntl  # POSIX only, and only here

        self._file = self._path.open("a")
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def documentation(method: Callable[P, R]) -> Callable[P, R]:
    """Marks a method to be shown by the documentation extension."""
    method.__xpm_documentation__ = True  # type: ignore[attr-defined]
    return method


def config_only(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Marks a method of configuration objects: it is refused on a value object.

    Raises:
        ConfigError: at the call, if the object is a value object.
    """
    from functools import wraps

    @wraps(method)
    def checked(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if getattr(self, "_xpm", None) is None:
            raise ConfigError(
                f"{type(self).__qualname__}.{method.__name__}() is for configurations, not for "
                "their value objects: call it before instance()."
            )
        return method(self, *args, **kwargs)

    return checked
