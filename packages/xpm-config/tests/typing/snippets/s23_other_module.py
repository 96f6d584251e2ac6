"""Classes that come from other modules, and generated values that are named there."""

from pathlib import Path

from s04_kinds_of_parameters import LOG
from s12_generics import Box, IntBox
from s13_value_class import Impl, Model
from s18_composition import Needed
from xpm_config import Config, Meta, Param, field


class Deep(Model):
    depth: Param[int] = 1
    log: Meta[Path] = field(default_factory=LOG)


@Deep.value_class()
class DeepImpl(Deep, Impl): ...


class Holder(Config):
    box: Param[Box[Deep]]
    other: Param[IntBox]


reveal_type(Deep.C(v=1))  # R: Deep
reveal_type(Deep.C(v=1).depth)  # R: int
reveal_type(Deep.XPMValue)  # R[plugin]: type[DeepImpl] # R[mypy,pyright]: type[Deep]
Deep.C(v=1, log=Path("x"))  # E[plugin,pyright]: "log"
holder = Holder.C(box=Box[Deep].C(v=Deep.C(v=1)), other=IntBox.C(v=1))
reveal_type(holder.box.v.v)  # R: int
Needed.C() @ Deep.C(v=1)  # E[plugin]: no parameter # E: "data" # E: "m"
