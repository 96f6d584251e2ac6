from xpm_config import Config, DependentMarker, Param, Task


class Out(Config):
    v: Param[int]


class Learn(Task):
    n: Param[int]

    def task_outputs(self, dep: DependentMarker) -> Out:
        return dep(Out.C(v=self.n))


class Sub(Learn): ...


class Two(Learn):
    def task_outputs(self, dep: DependentMarker) -> Out:
        return dep(Out.C(v=2))


class Untyped(Task):
    def task_outputs(self, dep):
        return dep(Out.C(v=1))


reveal_type(Learn.C(n=1).submit())  # R: Out
reveal_type(Sub.C(n=1).submit())  # R: Out
reveal_type(Two.C(n=1).submit(max_retries=1).v)  # R: int
reveal_type(Untyped.C().submit())  # R[plugin,mypy]: Any # R[pyright]: Unknown
