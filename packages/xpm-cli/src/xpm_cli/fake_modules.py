"""`mock_modules`: fake modules in place of heavy ones, for experiments that only submit tasks.

What a fake module holds can be called, subclassed, subscripted, used as a decorator or an
annotation: enough to define the classes of an experiment without loading, say, PyTorch.
"""

from __future__ import annotations

import inspect
import sys
import typing
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["FakeModules", "mock_modules"]


class FakeBase:
    """What a class gets as base instead of a fake one: a plain class, of the plain metaclass."""


class Fake:
    """Anything that was taken from a fake module; it is shown by its dotted path."""

    def __init__(self, path: str) -> None:
        self._fake_path = path

    def __repr__(self) -> str:
        return self._fake_path

    def __getattr__(self, name: str) -> Fake:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"the fake {self._fake_path} has no {name}")
        return Fake(f"{self._fake_path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What it decorates, unchanged; otherwise another fake."""
        decorated = args[0] if len(args) == 1 and not kwargs else None
        if inspect.isfunction(decorated) or inspect.isclass(decorated):
            return decorated
        return Fake(f"{self._fake_path}()")

    def __getitem__(self, item: object) -> Fake:
        return Fake(f"{self._fake_path}[{item!r}]")

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        """The bases of a class that derives from a fake; several fakes give one base."""
        first = next(base for base in bases if isinstance(base, Fake))
        return (FakeBase,) if first is self else ()

    def __or__(self, other: Any) -> Any:
        """`torch.Tensor | None` in an annotation."""
        return typing.Union[self, other]  # noqa: UP007 - a fake is no class

    def __ror__(self, other: Any) -> Any:
        return typing.Union[other, self]  # noqa: UP007

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class FakeModule(ModuleType):
    """A module in which every public name is there."""

    def __getattr__(self, name: str) -> Fake:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"the fake module {self.__name__} has no {name}")
        return Fake(f"{self.__name__}.{name}")


class FakeModules(MetaPathFinder, Loader):
    """The import hook: some modules, and all below them, are fake ones.

    Args:
        names: Dotted names; `torch` stands for `torch.nn` as well.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A fake module for the names asked for; None for all others."""
        if any(f"{fullname}.".startswith(f"{name}.") for name in self.names):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> FakeModule:
        """An empty fake module."""
        return FakeModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""

    def remove(self) -> None:
        """Take the hook away, and the fake modules that were imported through it."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for name, module in list(sys.modules.items()):
            if isinstance(module, FakeModule) and module.__loader__ is self:
                del sys.modules[name]


def mock_modules(modules: Iterable[str], decorators: Iterable[str] | None = None) -> FakeModules:
    """Make `import` give fake modules for some names; typically in a `pre_experiment` file.

    Modules that were imported before stay as they are.

    Args:
        modules: Dotted names of modules; those below them are fake too.
        decorators: Has no effect any more: any fake can be used as a decorator.

    Returns:
        The hook; its `remove()` ends it.

    Example:
        >>> hook = mock_modules(["a_heavy_module"])
        >>> import a_heavy_module.nn as nn
        >>> class Model(nn.Module): ...
        >>> hook.remove()
    """
    if decorators is not None:
        warnings.warn(
            "mock_modules(decorators=…) has no effect any more: leave it out",
            DeprecationWarning,
            stacklevel=2,
        )
    hook = FakeModules(modules)
    sys.meta_path.insert(0, hook)
    return hook
