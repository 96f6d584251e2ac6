from typing import Any, List, Optional, Union

from xpm_config import Config, Meta, Param


class Model(Config):
    a: Param[Optional[int]]
    b: Param[List[int]]
    c: Param[dict[str, list[float]]] = {}
    d: Param[int | None] = None
    e: Meta[Union[int, str, None]]
    f: Param[Any] = 1


Model.C(b=[1])  # E[mypy,pyright]: "a" # E[mypy,pyright]: "e"
Model.C(a=None, b=["x"], e=1)  # E: "int"
Model.C(a=1)  # E: "b" # E[mypy,pyright]: "e"
reveal_type(Model.C(a=1, b=[1], e="x").d)  # R: int | None
reveal_type(Model.C(a=1, b=[1], e="x").b)  # R: list[int]
