from typing import Optional

from xpm_config import Config, Meta, Param, field


class Model(Config):
    v: Param[int]


class Small(Model): ...


class Data(Config):
    name: Param[str] = "d"


class Unrelated(Config): ...


class Outer(Config):
    m: Param[Model]
    data: Param[Optional[Data]]
    models: Param[list[Unrelated]] = field(default_factory=list)
    size: Param[int]


class Pair(Config):
    left: Param[Model]
    right: Meta[Small]


class Nested(Config):
    outer: Param[Outer]


class Needed(Config):
    m: Param[Model]
    data: Param[Data]


reveal_type(Needed.C() @ Model.C(v=1) @ Data.C())  # R: Needed # E[mypy,pyright]: "m" # E[mypy]: "data"
reveal_type(Needed.C(m=Small.C(v=1)) @ Data.C())  # R: Needed # E[mypy,pyright]: "data"
Needed.C() @ Model.C(v=1)  # E: "data" # E[mypy]: "m"
reveal_type(Nested.C() @ (Outer.C(size=1, data=None) @ Small.C(v=1)))  # R: Nested # E[mypy,pyright]: "outer" # E[mypy,pyright]: "m"
Outer.C(size=1, m=Model.C(v=1), data=None) @ Unrelated.C()  # E[plugin]: no parameter of "Outer" accepts "Unrelated"
Pair.C(left=Model.C(v=1), right=Small.C(v=1)) @ Small.C(v=1)  # E[plugin]: ambiguous: "left", "right" accept it
Pair.C(left=Model.C(v=1), right=Small.C(v=1)) @ Model.C(v=1)
Model.C(v=1) @ 3  # E: "Model"


def compose(outer: Config, inner: Config, model: Model) -> None:
    outer @ inner
    outer @ model
    reveal_type([Needed.C(data=Data.C()) @ m for m in (model,)])  # R: list[Needed] # E[mypy,pyright]: "m"
