"""The classes that are measured, in a module that can be imported again when they are loaded."""

import importlib
import os
from typing import Any, Optional

library: Any = importlib.import_module(os.environ["BENCH_LIBRARY"])
Config = library.Config
Param = library.Param


class Flat(Config):
    a: Param[int]
    b: Param[int]
    c: Param[float]
    d: Param[float]
    e: Param[str]
    f: Param[str]
    g: Param[bool]
    h: Param[int]
    i: Param[float]
    j: Param[str]


class Node(Config):
    n: Param[int]
    left: Param[Optional["Node"]]
    right: Param[Optional["Node"]]


class Floats(Config):
    v: Param[list[float]]
