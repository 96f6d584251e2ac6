from typing import Any

from xpm_config import Config, DependentMarker, Param, Task


class Out(Config):
    v: Param[int]


class Learn(Task):
    n: Param[int]

    def __submit__(self, dep: DependentMarker, add_action: Any, **kwargs: Any) -> Out:
        return dep(Out.C(v=self.n))


class Both(Learn):
    def task_outputs(self, dep: DependentMarker) -> int:
        return 1


class Many(Task):
    def __submit__(self, dep: DependentMarker, add_action: Any) -> tuple[Out, dict[str, Out]]:
        return dep(Out.C(v=1)), {}


reveal_type(Learn.C(n=1).submit())  # R: Out
reveal_type(Both.C(n=1).submit())  # R: Out
reveal_type(Many.C().submit()[1]["x"].v)  # R: int
