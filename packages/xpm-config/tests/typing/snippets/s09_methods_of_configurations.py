from xpm_config import Config, Param


class Model(Config):
    v: Param[int]


class Deep(Model):
    w: Param[int]


m = Deep.C(v=1, w=2)
reveal_type(m.instance())  # R: Deep
reveal_type(m.copy())  # R: Deep
reveal_type(m.tag("a", 1))  # R: Deep
reveal_type(m.tags())  # R: TagDict
reveal_type(m.seal())  # R: Deep
reveal_type(m.add_dependencies())  # R: Deep
reveal_type(m.copy_dependencies(Model.C(v=1)))  # R: Deep
reveal_type(m.job)  # R: JobHandle | None
reveal_type(m.jobpath)  # R: Path
reveal_type(m.__xpm__)  # R: ConfigInformation
reveal_type(m.__arguments__())  # R: dict[str, Any]
reveal_type(m.instance().w)  # R: int
m.inst()  # E: "inst"
