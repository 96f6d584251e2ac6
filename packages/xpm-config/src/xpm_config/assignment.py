"""Giving values to parameters: conversion, tags, and the mistakes, told all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .annotations import annotations_of
from .errors import (
    ForbiddenValueError,
    InvalidValueError,
    PositionalArgumentError,
    SealedError,
    nearest_name,
)
from .fields import MISSING
from .mismatch import Forbidden, Mismatch, Positional, Unknown, shown
from .state import Place, State, caller

if TYPE_CHECKING:
    from .config import Config
    from .objecttype import Parameter

SCALARS = frozenset({int, float, str, bool, type(None)})


class TagWrapper:
    """What `tag(value)` and `stop_tags(value)` return: unwrapped when it is assigned."""

    __slots__ = ("is_stop", "is_tag", "place", "value")

    def __init__(self, value: Any, *, is_tag: bool, is_stop: bool, place: Place) -> None:
        self.value = value
        self.is_tag = is_tag
        self.is_stop = is_stop
        self.place = place

    def __repr__(self) -> str:
        return f"{'tag' if self.is_tag else 'stop_tags'}({self.value!r})"


def convert(config: Config, parameter: Parameter, value: Any) -> Any:
    """What is stored in `parameter` of `config` for `value`; tags are noted on the way.

    Raises:
        Mismatch: if the value is refused.
    """
    if parameter.constant:
        raise Forbidden(value, "no value", hint="it is a Constant, which is read-only")
    if parameter.generator is not None:
        raise Forbidden(value, "no value", hint="it is generated, and so read-only")
    wrapper = value if type(value) is TagWrapper else None
    if wrapper is not None:
        value = wrapper.value
    if value is None:
        if parameter.required and not parameter.optional and not parameter.type.matches(None):
            raise Forbidden(None, str(parameter.type), hint="it is required, None is no value")
        stored = None
    else:
        stored = _coerced(parameter, value)
        if parameter.type.holds_configs and not parameter.ignore_generated:
            _refuse_generated(stored)
    if wrapper is not None:
        _note_tag(config, parameter.name, wrapper)
    return stored


def _coerced(parameter: Parameter, value: Any) -> Any:
    try:
        return parameter.coerce(value)
    except Mismatch as mismatch:
        if type(mismatch.value) is TagWrapper:
            mismatch.hint = f"tag the whole value: {parameter.name}=tag(…)"
        raise


def _note_tag(config: Config, name: str, wrapper: TagWrapper) -> None:
    extras = config._xpm.extend()
    if wrapper.is_tag:
        extras.tags[name] = (wrapper.value, wrapper.place)
    if wrapper.is_stop:
        extras.stopped |= {name}


def _refuse_generated(value: Any) -> None:
    """A configuration whose generated paths lie in the folder of another one is refused."""
    state: State | None = getattr(value, "_xpm", None)
    if state is None or not state.sealed or state.task is not None or state.extras is None:
        return
    if state.extras.generated_below:
        from .sealing import generated_paths  # only to explain a mistake

        paths = ", ".join(generated_paths(value))
        raise Forbidden(
            value,
            "a configuration without generated values",
            hint=f"{paths} was generated for another configuration: give a copy, with .copy()",
        )


def clone(value: Any) -> Any:
    """A copy of a default, so that each object has its own."""
    from .copying import clone as deep  # the module of copies imports this one

    return deep(value)


# --- Assignments after construction


def assign(config: Config, parameter: Parameter, value: Any) -> None:
    """Sets a parameter: `config.name = value`.

    Raises:
        SealedError: if the configuration is sealed.
        InvalidValueError: if the value is refused.
    """
    state = config._xpm
    name = parameter.name
    place = caller(2)
    if state.sealed:
        raise SealedError(
            f"{_title(config)} is sealed, and so read-only: {name} cannot be set ({place}). "
            f"Work on a copy: copyconfig(config, {name}=…)."
        )
    extras = state.extend()
    former = extras.tags.pop(name, None)
    stopped, extras.stopped = extras.stopped, extras.stopped - {name}
    try:
        stored = convert(config, parameter, value)
    except Mismatch as mismatch:
        extras.stopped = stopped
        if former is not None:
            extras.tags[name] = former
        raise report(_title(config), [(name, mismatch, place)]) from None
    _store(config, parameter, stored, place)


def _store(config: Config, parameter: Parameter, stored: Any, place: Place) -> None:
    """Keeps a checked value, unless another one of its type variable contradicts it."""
    name, values = parameter.name, config.__dict__
    former = values.get(name, MISSING)
    assigned = config._xpm.extend().assigned
    former_place = assigned.get(name)
    values[name] = stored
    assigned[name] = place
    config._xpm.changed()
    if parameter.type.variables:
        try:
            check_variables(config)
        except InvalidValueError:
            _restore(values, name, former)
            _restore(assigned, name, MISSING if former_place is None else former_place)
            raise


def _restore(held: dict[str, Any], name: str, former: Any) -> None:
    if former is MISSING:
        del held[name]
    else:
        held[name] = former


# --- Mistakes


def explain(
    config: Config, given: dict[str, Any], unknown: dict[str, Any], args: tuple[Any, ...]
) -> None:
    """Raises one error for all that is wrong with the arguments of a constructor."""
    place = caller(1)
    problems: list[tuple[str, Mismatch, Place]] = []
    parameters = config.__xpmtype__.parameters
    for name, value in given.items():
        if value is MISSING:
            continue
        parameter = parameters[name]
        if parameter.initial is not MISSING and value is parameter.initial:
            continue
        if value is None and not parameter.required:
            continue
        try:
            convert(config, parameter, value)
        except Mismatch as mismatch:
            problems.append((name, mismatch, place))
    for name, value in unknown.items():
        if deprecated_attribute(config, name) is None:
            problems.append((name, _unknown(config, name, value), place))
    if args:
        example = f"{next(iter(parameters), 'x')}={shown(args[0])}"
        positional = Positional(
            args[0] if len(args) == 1 else args,
            "",
            hint=f"arguments are given by name, as in {example}",
        )
        problems.insert(0, ("", positional, place))
    if problems:
        raise report(f"{type(config).__qualname__.removesuffix('.XPMConfig')}.C(…)", problems)


def finish(
    config: Config, given: dict[str, Any], unknown: dict[str, Any], args: tuple[Any, ...]
) -> None:
    """Handles what is not a parameter: deprecated attributes are set, the rest is refused."""
    if args or any(deprecated_attribute(config, name) is None for name in unknown):
        explain(config, given, unknown, args)
    for name, value in unknown.items():
        setattr(config, name, value)


def _unknown(config: Config, name: str, value: Any) -> Unknown:
    return Unknown(value, "", hint=unknown_hint(config, name))


def unknown_hint(config: Config, name: str) -> str:
    """What to say of a name that is no parameter."""
    parameters = config.__xpmtype__.parameters
    near = nearest_name(name, parameters)
    if near is not None:
        return f"did you mean {near!r}?"
    if any(name in annotations_of(base) for base in type(config).__mro__):
        return f"its annotation declares none; write `{name}: Param[…]`"
    return f"parameters are {', '.join(parameters)}" if parameters else "it has no parameters"


def deprecated_attribute(config: Config, name: str) -> Any:
    """The method decorated with `@deprecate` that stands for an older parameter, if any."""
    return getattr(type(config), "__xpm_deprecated__", {}).get(name)


def is_dropped_attribute(config: Config, name: str, value: Any) -> bool:
    """Whether a name is known only to the deprecated configuration that this one replaces."""
    original = config.__xpm__.deprecated_from
    if original is None or name not in original.__xpmtype__.parameters:
        return False
    import logging  # heavy, and only to warn

    logging.getLogger("xpm.config").warning(
        "%s replaces the deprecated %s: %s = %r is dropped (%s)",
        _title(config),
        _title(original),
        name,
        value,
        caller(2),
    )
    return True


def report(subject: str, problems: list[tuple[str, Mismatch, Place]]) -> InvalidValueError:
    """The error that tells these mistakes, of the class that their kinds ask for."""
    kind: type[InvalidValueError] = InvalidValueError
    if any(isinstance(m, Forbidden) for _, m, _ in problems):
        kind = ForbiddenValueError
    if any(isinstance(m, Positional) for _, m, _ in problems):
        kind = PositionalArgumentError
    lines = [mismatch.describe(path) for path, mismatch, _ in problems]
    place = problems[0][2]
    if len(lines) == 1:
        return kind(f"{subject}, at {place}: {lines[0]}")
    listed = "".join(f"\n  - {line}" for line in lines)
    return kind(f"{subject}, at {place}: {len(lines)} mistakes{listed}")


def _title(config: Config) -> str:
    return type(config).__qualname__.removesuffix(".XPMConfig")


def check_variables(config: Config) -> None:
    """Checks that the values of one type variable belong together."""
    from .generics import check_bindings  # only for generic classes

    check_bindings(config)
