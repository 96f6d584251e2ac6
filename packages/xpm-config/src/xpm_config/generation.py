"""The class of configuration objects of a class: `Model.C`, generated from its parameters."""

from __future__ import annotations

from typing import Any, TypeVar

from .config import Config, ConfigMixin, UnsetParameter
from .constructors import build_constructor
from .objecttype import config_bases

C = TypeVar("C", bound=Config)


def configuration_class(cls: type[C]) -> type[C]:
    """The class of the configuration objects of `cls`: made once, then `cls.C` itself."""
    if "__xpm_configuration__" in cls.__dict__:
        return cls
    described = cls.__getxpmtype__()
    parameters = described.parameters
    bases: list[type] = [b.C for b in config_bases(cls) if b is not Config]
    if not bases:
        bases = [ConfigMixin]
    namespace: dict[str, Any] = {
        "__module__": cls.__module__,
        "__qualname__": f"{cls.__qualname__}.XPMConfig",
        "__doc__": cls.__doc__,
        "__xpm_configuration__": True,
        "__xpm_declaration__": cls,
        "__xpmtype__": described,
        "__init__": build_constructor(described),
        **{name: UnsetParameter(name) for name in parameters},
    }
    name = f"{cls.__name__}.XPMConfig"
    metaclass: Any = type(cls)
    generated = metaclass(name, (*bases, cls), namespace)
    generated.C = generated.XPMConfig = generated
    if described.deprecation is not None and described.deprecation.replace:
        described.deprecation.replace_constructor(generated)
    type.__setattr__(cls, "C", generated)
    type.__setattr__(cls, "XPMConfig", generated)
    result: type[C] = generated
    return result
