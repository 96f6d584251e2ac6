from xpm_config import Config, Param, Task


def library(size: int) -> int:
    class Local(Config):
        size: Param[int]
        plain: str = "x"

    class Run(Task):
        local: Param[Local]

    reveal_type(Run.C(local=Local.C(size=size)).submit().local.size)  # R: int
    Local.C()  # E: "size"
    Local.C(size=1, plain="y")  # E[plugin]: "plain"
    return Local.C(size=size).size


class Model(Config):
    size: Param[int]

    @classmethod
    def small(cls) -> "Model":
        reveal_type(cls.C(size=1))  # R: Self
        return cls.C(size=1)

    class Inner(Config):
        depth: Param[int]


reveal_type(Model.small())  # R: Model
reveal_type(Model.Inner.C(depth=1))  # R: Inner
Model.Inner.C()  # E: "depth"
