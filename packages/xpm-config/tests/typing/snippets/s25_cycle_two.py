"""The other one."""

from __future__ import annotations

import s24_cycle_one as one
from xpm_config import Config, Param


class Root(Config):
    r: Param[list[one.A]]


class B(one.A):
    m: Param[int]


def build() -> None:
    reveal_type(one.D.C(x=B.C(n=1, m=2, b=None), r=[]))  # R: D
    one.D.C(r=[])  # E: "x"
