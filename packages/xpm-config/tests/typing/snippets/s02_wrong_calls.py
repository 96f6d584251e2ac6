from xpm_config import Config, Param


class Model(Config):
    size: Param[int]


Model.C()  # E: missing # E: "size"
Model.XPMConfig()  # E: "size"
Model.XPMValue()  # E: "size"
Model.C(size="x")  # E: "size"
Model.C(siz=3)  # E: "siz" # E[pyright]: "size"
Model.C(3)  # E: positional
Model(size=3)  # E[plugin]: write "Model.C(...)"
Model()  # E[plugin]: write "Model.C(...)" # E[mypy,pyright]: "size"
