from xpm_config import Config, Param


class Model(Config):
    v: Param[int]

    def run(self) -> int:
        return 0


@Model.value_class()
class Impl(Model):
    def __init__(self) -> None:
        self.state = 0

    def run(self) -> int:
        return self.v + self.state


class Plain(Config): ...


reveal_type(Model.XPMValue)  # R[plugin]: type[Impl] # R[mypy,pyright]: type[Model]
reveal_type(Plain.XPMValue)  # R: type[Plain]
reveal_type(Model.C(v=1))  # R: Model
reveal_type(Model.C(v=1).instance())  # R: Model
reveal_type(Impl.C(v=1))  # R[plugin]: Impl # E[mypy,pyright]: "v" # R[mypy,pyright]: Impl
Impl()
