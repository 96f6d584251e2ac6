"""Two modules that import each other, and derive from each other's classes."""

from __future__ import annotations

import s25_cycle_two as two
from xpm_config import Config, Param


class A(Config):
    b: Param[two.B | None]
    n: Param[int]


class D(two.Root):
    x: Param[two.B]


def build() -> None:
    reveal_type(two.B.C(n=1, m=2, b=None))  # R: B
    reveal_type(D.C(x=two.B.C(n=1, m=2, b=None), r=[A.C(n=1, b=None)]))  # R: D
    two.B.C(m=2, b=None)  # E: "n"
