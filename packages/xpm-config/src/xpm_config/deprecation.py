"""Deprecated classes and parameters: what was computed under older names is still found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from .errors import ConfigError, DeclarationError
from .state import EPOCH

if TYPE_CHECKING:
    from .config import Config

__all__ = ["Deprecation", "deprecate"]

K = TypeVar("K", bound=type)
S = TypeVar("S")
V = TypeVar("V")


class Deprecation:
    """How a class is deprecated.

    Attributes:
        cls: the deprecated class.
        target: the class that stands for it.
        replace: whether `.C(...)` gives the converted configuration.
    """

    def __init__(self, cls: type[Config], target: type[Config], replace: bool) -> None:
        self.cls = cls
        self.target = target
        self.replace = replace
        self.has_conversion = hasattr(cls, "__convert__")

    def convert(self, config: Config) -> Config:
        """What stands for a configuration of the class: converted once, then kept."""
        if not self.has_conversion:
            return config
        extras = config._xpm.extend()
        if extras.conversion is None or (
            extras.conversion[0] != EPOCH.count and not config._xpm.sealed
        ):
            converted = self._converted(config)
            extras.conversion = (EPOCH.count, converted)  # the conversion may have counted changes
        converted = extras.conversion[1]
        following = converted.__xpmtype__.deprecation
        return converted if following is None else following.convert(converted)

    def _converted(self, config: Config) -> Config:
        converted: Any = config.__convert__()  # type: ignore[attr-defined]
        if getattr(converted, "_xpm", None) is None:
            raise DeclarationError(
                f"{self.cls.__qualname__}.__convert__ returned {converted!r}: it must build a "
                f"configuration, as in {self.target.__qualname__}.C(...)."
            )
        result: Config = converted
        return result

    def replace_constructor(self, generated: Any) -> None:
        """Has `.C(...)` build the deprecated configuration, and return the converted one."""
        deprecation = self

        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:
            original = object.__new__(cls)
            if cls is not generated:
                return original
            generated.__init__(original, *args, **kwargs)
            converted = deprecation._converted(original)
            converted._xpm.extend().deprecated_from = original
            return converted

        generated.__new__ = __new__


@overload
def deprecate(target: None = None, *, replace: bool = False) -> Callable[[K], K]: ...
@overload
def deprecate(target: type[Config], *, replace: bool) -> Callable[[K], K]: ...
@overload
def deprecate(target: type[Config]):  # type: ignore[no-untyped-def]
    ...  # a class, or a decorator: no annotation says it, and without one a class keeps its type
@overload
def deprecate(target: Callable[[S, V], Any]) -> DeprecatedAttribute[V]: ...
def deprecate(target: Any = None, *, replace: bool = False) -> Any:
    """Deprecates a configuration class, or a parameter.

    - `@deprecate class Old(New)`: `Old` has the identifiers of its only base `New`.
    - `@deprecate(New)` above `class Old(Config)` with `__convert__(self)`: the identifiers of
      what `__convert__` builds. With `replace=True`, `Old.C(...)` is what it builds.
    - `@deprecate def old(self, value)` in a class: `old` can still be given; the method sets the
      parameters that stand for it.

    Raises:
        DeclarationError: if it is none of these.
    """
    from .config import Config

    if target is None:
        return lambda cls: _deprecate_class(cls, None, replace)
    if isinstance(target, type) and issubclass(target, Config):
        if not replace and not _is_bound(target):
            return _deprecate_class(target, None, False)
        return lambda cls: _deprecate_class(cls, target, replace)
    if callable(target) and not isinstance(target, type):
        return DeprecatedAttribute(target)
    raise DeclarationError(
        f"deprecate({target!r}): expected a configuration class, or a method of one."
    )


def _is_root(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "xpm_config"


def _is_bound(cls: type) -> bool:
    """Whether a class has its name already: not so just below `@deprecate`, as a decorator."""
    frame = sys._getframe(2)
    if any(value is cls for value in frame.f_locals.values()):
        return True
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        if name == "<locals>":
            return False
        found = getattr(found, name, None)
    return found is cls


def _deprecate_class(cls: Any, target: Any, replace: bool) -> Any:
    from .config import Config
    from .objecttype import config_bases

    if not (isinstance(cls, type) and issubclass(cls, Config)):
        raise DeclarationError(f"@deprecate above {cls!r}: expected a configuration class.")
    if target is None:
        bases = config_bases(cls)
        if len(bases) != 1 or _is_root(bases[0]):
            raise DeclarationError(
                f"@deprecate above {cls.__qualname__}: it must have one base, the class that "
                f"stands for it; write @deprecate(New) and a __convert__ method otherwise."
            )
        target = bases[0]
    described = cls.__getxpmtype__()
    if described.deprecation is not None:
        raise DeclarationError(f"{cls.__qualname__} is deprecated twice.")
    if replace and not hasattr(cls, "__convert__"):
        raise DeclarationError(
            f"@deprecate({target.__qualname__}, replace=True) above {cls.__qualname__}: it needs a "
            "method __convert__(self) that builds what replaces it."
        )
    described.deprecation = Deprecation(cls, target, replace)
    described.name = target.__getxpmtype__().name
    return cls


class DeprecatedAttribute(Generic[V]):
    """A parameter that is no more: setting it calls the method that was decorated."""

    __xpm_deprecated_attribute__ = True

    def __init__(self, method: Callable[[Any, V], Any]) -> None:
        self.method = method
        self.name = method.__name__
        self.__doc__ = method.__doc__

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        name = owner.__qualname__.removesuffix(".XPMConfig")
        raise ConfigError(f"{name}.{self.name} is deprecated, and cannot be read.")

    def __set__(self, instance: Any, value: V) -> None:
        import logging  # heavy, and only to warn

        logging.getLogger("xpm.config").warning(
            "%s.%s is deprecated: %s",
            type(instance).__qualname__.removesuffix(".XPMConfig"),
            self.name,
            (self.__doc__ or "see the documentation of the class").strip().splitlines()[0],
        )
        self.method(instance, value)
