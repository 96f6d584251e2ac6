from xpm_config import Config, Param, copyconfig, sealed_set, setmeta, stop_tags, tag, tags


class Model(Config):
    v: Param[int]


class Outer(Config):
    m: Param[Model]
    name: Param[str] = "x"


reveal_type(tag(3))  # R: int
reveal_type(Model.C(v=tag(3)))  # R: Model
Model.C(v=tag("x"))  # E: "int"
reveal_type(Outer.C(m=stop_tags(Model.C(v=1))))  # R: Outer
reveal_type(Outer.C(m=stop_tags(tag(Model.C(v=1)))).m)  # R: Model
reveal_type(copyconfig(Model.C(v=1), v=2))  # R: Model
reveal_type(setmeta(Model.C(v=1), True))  # R: Model
reveal_type(sealed_set(Model.C(v=1)))  # R: set[Model]
reveal_type(tags(Model.C(v=1)))  # R: TagDict
setmeta(3, True)  # E: setmeta
