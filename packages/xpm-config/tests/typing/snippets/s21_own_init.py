"""Classes with an `__init__` of their own: `.C` takes parameters all the same, with the plugin."""

from xpm_config import Config, Param


class Network:
    def __init__(self) -> None:
        self.layers: list[int] = []


class Model(Network, Config):
    size: Param[int]

    def __init__(self) -> None:
        super().__init__()


class Deep(Model):
    depth: Param[int]


reveal_type(Model.C(size=1))  # R[plugin]: Model # E[mypy,pyright]: "size" # R[mypy,pyright]: Model
Model.C(size="x")  # E[plugin]: "str" # E[mypy,pyright]: "size"
reveal_type(Deep.C(size=1, depth=2))  # R: Deep
Model()
