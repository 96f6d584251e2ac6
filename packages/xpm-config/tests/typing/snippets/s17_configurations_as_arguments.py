from xpm_config import Config, Param, Task


class Model(Config):
    v: Param[int]


class Small(Model): ...


class T(Task):
    m: Param[Model]
    others: Param[list[Model]] = []


T.C(m=Model.C(v=1))
T.C(m=Small.C(v=1), others=[Model.C(v=1), Small.C(v=2)])
T.C(m=Model)  # E: "type[Model]"
T.C(m=3)  # E: "Model"
T.C(m=Model.C(v=1), others=[T.C(m=Model.C(v=1))])  # E: "T"
m = Model.C(v=1)
m.v = "x"  # E: "int"
m.v = 2
