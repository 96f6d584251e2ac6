"""What is checked, and noted, when a configuration class is made."""

from __future__ import annotations

import sys
import typing
from typing import TYPE_CHECKING, Any

from .annotations import Unresolved, annotations_of, build_type, without_optional
from .errors import DeclarationError
from .fields import TypeAnnotation
from .objecttype import MARKERS, declared_options, evaluate

if TYPE_CHECKING:
    from types import FrameType

    from .config import Config

RESERVED = frozenset(
    {
        "C",
        "XPMConfig",
        "XPMValue",
        "add_dependencies",
        "copy",
        "copy_dependencies",
        "instance",
        "job",
        "jobpath",
        "seal",
        "stderr",
        "stdout",
        "submit",
        "tag",
        "tags",
        "to_str",
        "wait",
        "xpmconfig",
    }
)
"""Names of configuration objects, which would hide what a class defines under them."""


def declare(cls: type[Config]) -> None:
    """Checks a new configuration class.

    Raises:
        DeclarationError: if a name would be hidden, or a parameter cannot have its type.
    """
    _note_place(cls)
    _note_deprecated_attributes(cls)
    if _is_ours(cls):
        return
    _check_names(cls)
    for name, annotation in annotations_of(cls).items():
        _check_annotation(cls, name, annotation)


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "xpm_config"


def _note_place(cls: type) -> None:
    """Notes where the class statement is, for warnings, and what its annotations may refer to."""
    frame = sys._getframe(3)
    while frame.f_back is not None and frame.f_globals.get("__name__") in (
        "abc",
        "typing",
        "types",
    ):
        frame = frame.f_back
    place = (frame.f_code.co_filename, frame.f_lineno)
    type.__setattr__(cls, "__xpm_location__", place)
    if "<locals>" in cls.__qualname__:
        type.__setattr__(cls, "__xpm_locals__", _names_around(cls, frame))


def _names_around(cls: type, frame: FrameType | None) -> dict[str, Any]:
    """The local names of the functions in which a class is defined, for its annotations."""
    found: dict[str, Any] = {}
    for scope in reversed(cls.__qualname__.split(".")[:-1]):
        if scope == "<locals>":
            continue
        if frame is None or frame.f_code.co_name != scope:
            break
        found = {**frame.f_locals, **found}
        frame = frame.f_back
    return found


def _note_deprecated_attributes(cls: type) -> None:
    found = {
        n: v for n, v in vars(cls).items() if getattr(v, "__xpm_deprecated_attribute__", False)
    }
    if found:
        inherited = getattr(cls, "__xpm_deprecated__", {})
        type.__setattr__(cls, "__xpm_deprecated__", {**inherited, **found})


def _check_names(cls: type[Config]) -> None:
    for name in _parameters(cls):
        if name.startswith(("_xpm", "__")):
            raise DeclarationError(
                f"{cls.__module__}.{cls.__qualname__}: a parameter cannot be called {name!r}, a "
                "name kept for the library or for Python. Choose another name."
            )
    taken = sorted(RESERVED.intersection(vars(cls)) | RESERVED.intersection(_parameters(cls)))
    if taken:
        raise DeclarationError(
            f"{cls.__module__}.{cls.__qualname__} defines {', '.join(taken)}: configuration "
            f"objects have {'this' if len(taken) == 1 else 'these'} themselves, and would hide "
            "it. Choose another name."
        )
    for name in _parameters(cls):
        for base in cls.__mro__[1:]:
            if _is_ours(base) and callable(base.__dict__.get(name)):
                raise DeclarationError(
                    f"{cls.__module__}.{cls.__qualname__}: a parameter cannot be called {name!r}, "
                    f"which is a method of {base.__qualname__}. Choose another name."
                )


def _parameters(cls: type) -> list[str]:
    """The names that annotations declare, without evaluating those that are text."""
    return [
        name
        for name, annotation in annotations_of(cls).items()
        if _is_parameter(annotation)
        or (isinstance(annotation, str) and any(m in annotation for m in MARKERS))
    ]


def _is_parameter(annotation: Any) -> bool:
    return typing.get_origin(annotation) is typing.Annotated and any(
        isinstance(m, TypeAnnotation) for m in annotation.__metadata__
    )


def _check_annotation(cls: type[Config], name: str, annotation: Any) -> None:
    """Refuses what cannot be the type of a parameter; what is not defined yet is for later."""
    try:
        evaluated = evaluate(cls, name, annotation)
    except Exception:  # names of later in the module, or only for type checkers: told at first use
        return
    if not _is_parameter(evaluated):
        return
    options, declared = declared_options(evaluated)
    try:
        build_type(without_optional(declared)[0], hashed=not options.ignored)
    except Unresolved:
        return
    except DeclarationError as error:
        raise DeclarationError(f"{cls.__module__}.{cls.__qualname__}.{name}: {error}") from None
