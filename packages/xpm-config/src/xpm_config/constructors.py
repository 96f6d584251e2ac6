"""The constructor of a configuration class, written out for its parameters.

For `a: Param[int]` and `b: Param[str] = field(default="x")` it reads:

```python
def __init__(self, /, *args, a=MISSING, b=MISSING, **unknown):
    frame = getframe(1)
    state = State(frame.f_code, frame.f_lasti)
    values = self.__dict__
    values['_xpm'] = state
    try:
        if a is not MISSING:
            if type(a) is not int or not MIN <= a <= MAX:
                a = convert(self, parameter_0, a)
            values['a'] = a
        if b is MISSING:
            b = default_1
            state.defaulted |= 2
        elif type(b) is not str:
            b = convert(self, parameter_1, b)
        values['b'] = b
    except Mismatch:
        explain(self, {'a': a, 'b': b}, unknown, args)
    if args or unknown:
        finish(self, {'a': a, 'b': b}, unknown, args)
```

where every name but those of the parameters begins with `_xpm_`: a parameter may be called `type`.
A value of the right type costs one test; everything else is left to `convert`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from . import assignment
from .fields import MISSING
from .state import State
from .types import INT64_MAX, INT64_MIN, FloatType, IntType, Mismatch, StrType

if TYPE_CHECKING:
    from .objecttype import ObjectType, Parameter


_SCOPE: dict[str, Any] = {
    "MISSING": MISSING,
    "State": State,
    "Mismatch": Mismatch,
    "getframe": sys._getframe,
    "convert": assignment.convert,
    "clone": assignment.clone,
    "explain": assignment.explain,
    "finish": assignment.finish,
    "check_variables": assignment.check_variables,
    "MIN": INT64_MIN,
    "MAX": INT64_MAX,
    "type": type,
    **{kind.__name__: kind for kind in (int, float, str, bool)},
}
"""What a constructor refers to, by its name without `_xpm_`."""


def build_constructor(described: ObjectType) -> Callable[..., None]:
    """The `__init__` of the configuration objects of a class."""
    parameters = list(described.parameters.values())
    scope: dict[str, Any] = {f"_xpm_{name}": value for name, value in _SCOPE.items()}
    given = f"{{{', '.join(f'{p.name!r}: {p.name}' for p in parameters)}}}"
    keywords = "".join(f", {p.name}=_xpm_MISSING" for p in parameters)
    lines = [
        f"def __init__(_xpm_self, /, *_xpm_args{keywords}, **_xpm_unknown):",
        "    _xpm_frame = _xpm_getframe(1)",
        "    _xpm_state = _xpm_State(_xpm_frame.f_code, _xpm_frame.f_lasti)",
        "    _xpm_values = _xpm_self.__dict__",
        "    _xpm_values['_xpm'] = _xpm_state",
        "    try:",
        "        pass",
    ]
    for index, parameter in enumerate(parameters):
        scope[f"_xpm_parameter_{index}"] = parameter
        lines += ["        " + line for line in _assign(parameter, index, scope)]
    lines += [
        "    except _xpm_Mismatch:",
        f"        _xpm_explain(_xpm_self, {given}, _xpm_unknown, _xpm_args)",
        "    if _xpm_args or _xpm_unknown:",
        f"        _xpm_finish(_xpm_self, {given}, _xpm_unknown, _xpm_args)",
    ]
    if any(p.type.variables for p in parameters):
        lines.append("    _xpm_check_variables(_xpm_self)")
    scope["__name__"] = __name__  # not a place of the user's code
    filename = f"<constructor of {described.cls.__module__}.{described.cls.__qualname__}>"
    exec(compile("\n".join(lines), filename, "exec"), scope)
    constructor: Callable[..., None] = scope["__init__"]
    constructor.__qualname__ = f"{described.cls.__qualname__}.XPMConfig.__init__"
    return constructor


def _assign(parameter: Parameter, index: int, scope: dict[str, Any]) -> list[str]:
    """The lines that check one value, or find its default, and store it."""
    name = parameter.name
    store = f"_xpm_values['{name}'] = {name}"
    convert = f"{name} = _xpm_convert(_xpm_self, _xpm_parameter_{index}, {name})"
    default = _default(parameter, index, scope)
    test = None if parameter.checks else _fast_test(parameter)
    if parameter.constant or parameter.is_generated:
        test = None  # a value is always refused
    if default is None:
        check = [f"    if {test}:", f"        {convert}"] if test else [f"    {convert}"]
        return [f"if {name} is not _xpm_MISSING:", *check, f"    {store}"]
    return [
        f"if {name} is _xpm_MISSING:",
        f"    {name} = {default}",
        f"    _xpm_state.defaulted |= {1 << index}",
        f"elif {test}:" if test else "else:",
        f"    {convert}",
        store,
    ]


def _fast_test(parameter: Parameter) -> str | None:
    """A test that is false for the values that are stored unchanged."""
    name, kind = parameter.name, parameter.type
    if type(kind) is IntType and not kind.wide:
        return f"_xpm_type({name}) is not _xpm_int or not _xpm_MIN <= {name} <= _xpm_MAX"
    if kind.exact is not None and (
        isinstance(kind, (IntType, FloatType, StrType)) or kind.exact is bool
    ):
        return f"_xpm_type({name}) is not _xpm_{kind.exact.__name__}"
    return None


def _default(parameter: Parameter, index: int, scope: dict[str, Any]) -> str | None:
    """The expression of the value when none is given; None if there is none."""
    initial = parameter.initial
    if initial is MISSING:
        return None if parameter.required else "None"
    name = f"_xpm_default_{index}"
    scope[name] = initial
    if isinstance(initial, (int, float, str, Enum, PurePath)):
        return name
    return f"_xpm_clone({name})"
