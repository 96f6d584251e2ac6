from xpm_config import Config, Meta, Param, field


class A(Config):
    a: Param[int]


class B(A):
    b: Param[str]


class C2(B):
    a: Param[int] = field(overrides=True)
    c: Meta[bool] = False


class Other(Config):
    o: Param[float] = 0.5


class Both(Other, C2): ...


class WithDefault(A):
    a: Param[int] = field(default=2, overrides=True)


class Again(WithDefault):
    a: Param[int]  # E[pyright]: default value


class Plain:
    depth: int = 3


class FromPlain(Plain, A):
    depth: Param[int]


reveal_type(B.C(a=1, b="x"))  # R: B
reveal_type(C2.C(a=1, b="x", c=True).b)  # R: str
reveal_type(Both.C(a=1, b="x", o=1.0))  # R: Both
C2.C(a=1)  # E: "b"
Both.C(a=1, b="x", z=2)  # E: "z"
WithDefault.C()
Again.C()  # E[mypy]: "a"
FromPlain.C(a=1)  # E[mypy,pyright]: "depth"
