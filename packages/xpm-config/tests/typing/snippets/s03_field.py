from xpm_config import Config, Param, field


class Model(Config):
    a: Param[int] = field(default=1)
    b: Param[int] = field(default=1, ignore_default=True)
    c: Param[int] = 3
    d: Param[str] = field(default=4)  # E: "int"
    e: Param[list[int]] = field(default_factory=list)
    f: Param[list[int]] = field(default_factory=lambda: ["x"])  # E: "int"
    g: Param[int] = field(ignore_default=True)
    h: Param[int] = field(group="optimisation", default=2)


Model.C(g=1)
Model.C()  # E: "g"
reveal_type(Model.C(g=1).a)  # R: int
reveal_type(Model.C(g=1, e=[1]).e)  # R: list[int]
