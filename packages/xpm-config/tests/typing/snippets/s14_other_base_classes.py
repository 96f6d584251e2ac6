from xpm_config import Action, Config, InstanceConfig, Interaction, LightweightTask, Param, Prepare


class I(InstanceConfig):
    v: Param[int]


class A(Action):
    v: Param[int]

    def execute(self, interaction: Interaction) -> None: ...


class L(LightweightTask):
    v: Param[int]


class P(Prepare):
    v: Param[int]


class Mixed(I):
    other: Param[I]


reveal_type(I.C(v=1))  # R: I
reveal_type(A.C(v=1).describe())  # R: str
reveal_type(P.C(v=1))  # R: P
reveal_type(Mixed.C(v=1, other=I.C(v=2)).other.v)  # R: int
L.C(v="x")  # E: "int"
L.C(v=1).submit()  # E: "submit"
Config.C()
