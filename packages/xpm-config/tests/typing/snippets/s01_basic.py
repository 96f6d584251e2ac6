from xpm_config import Config, Param


class Model(Config):
    size: Param[int]


reveal_type(Model.C)  # R: type[Model]
reveal_type(Model.XPMConfig)  # R: type[Model]
reveal_type(Model.XPMValue)  # R: type[Model]
reveal_type(Model.C(size=3))  # R: Model
reveal_type(Model.C(size=3).size)  # R: int
reveal_type(Model.C.C(size=3))  # R: Model
