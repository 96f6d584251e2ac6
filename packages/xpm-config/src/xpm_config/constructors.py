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
                a = convert(self, P_a, a)
            values['a'] = a
        if b is MISSING:
            b = D_b
            state.defaulted |= 2
        elif type(b) is not str:
            b = convert(self, P_b, b)
        values['b'] = b
    except Mismatch:
        explain(self, dict(a=a, b=b), unknown, args)
    if args or unknown:
        finish(self, dict(a=a, b=b), unknown, args)
```

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


def build_constructor(described: ObjectType) -> Callable[..., None]:
    """The `__init__` of the configuration objects of a class."""
    parameters = list(described.parameters.values())
    names = [p.name for p in parameters]
    scope: dict[str, Any] = {
        "MISSING": MISSING,
        "State": State,
        "Mismatch": Mismatch,
        "getframe": sys._getframe,
        "convert": assignment.convert,
        "clone": assignment.clone,
        "explain": assignment.explain,
        "finish": assignment.finish,
        "MIN": INT64_MIN,
        "MAX": INT64_MAX,
    }
    given = f"dict({', '.join(f'{n}={n}' for n in names)})"
    keywords = "".join(f", {n}=MISSING" for n in names)
    lines = [
        f"def __init__(_xpm_self, /, *_xpm_args{keywords}, **_xpm_unknown):",
        "    _xpm_frame = getframe(1)",
        "    _xpm_state = State(_xpm_frame.f_code, _xpm_frame.f_lasti)",
        "    _xpm_values = _xpm_self.__dict__",
        "    _xpm_values['_xpm'] = _xpm_state",
        "    try:",
        "        pass",
    ]
    for index, parameter in enumerate(parameters):
        scope[f"P_{parameter.name}"] = parameter
        lines += ["        " + line for line in _assign(parameter, index, scope)]
    lines += [
        "    except Mismatch:",
        f"        explain(_xpm_self, {given}, _xpm_unknown, _xpm_args)",
        "    if _xpm_args or _xpm_unknown:",
        f"        finish(_xpm_self, {given}, _xpm_unknown, _xpm_args)",
    ]
    if any(p.type.variables for p in parameters):
        scope["check_variables"] = assignment.check_variables
        lines.append("    check_variables(_xpm_self)")
    filename = f"<constructor of {described.cls.__module__}.{described.cls.__qualname__}>"
    exec(compile("\n".join(lines), filename, "exec"), scope)
    constructor: Callable[..., None] = scope["__init__"]
    constructor.__qualname__ = f"{described.cls.__qualname__}.XPMConfig.__init__"
    return constructor


def _assign(parameter: Parameter, index: int, scope: dict[str, Any]) -> list[str]:
    """The lines that check one value, or find its default, and store it."""
    name = parameter.name
    store = f"_xpm_values['{name}'] = {name}"
    convert = f"{name} = convert(_xpm_self, P_{name}, {name})"
    default = _default(parameter, scope)
    test = None if parameter.checks else _fast_test(parameter)
    if parameter.constant or parameter.is_generated:
        test = None  # a value is always refused
    if default is None:
        check = [f"    if {test}:", f"        {convert}"] if test else [f"    {convert}"]
        return [f"if {name} is not MISSING:", *check, f"    {store}"]
    return [
        f"if {name} is MISSING:",
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
        return f"type({name}) is not int or not MIN <= {name} <= MAX"
    if kind.exact is not None and (
        isinstance(kind, (IntType, FloatType, StrType)) or kind.exact is bool
    ):
        return f"type({name}) is not {kind.exact.__name__}"
    return None


def _default(parameter: Parameter, scope: dict[str, Any]) -> str | None:
    """The expression of the value when none is given; None if there is none."""
    name, initial = parameter.name, parameter.initial
    if initial is MISSING:
        return None if parameter.required else "None"
    scope[f"D_{name}"] = initial
    if isinstance(initial, (int, float, str, Enum, PurePath)):
        return f"D_{name}"
    return f"clone(D_{name})"
