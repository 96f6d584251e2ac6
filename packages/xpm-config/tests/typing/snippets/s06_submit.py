from xpm_config import LightweightTask, Param, ResumableTask, RunMode, Task, TransientMode


class Prepare(LightweightTask):
    def execute(self) -> None: ...


class Learn(Task):
    n: Param[int]

    def execute(self) -> None:
        reveal_type(self.n)  # R: int


class Long(ResumableTask):
    def execute(self) -> None: ...


reveal_type(Learn.C(n=1).submit())  # R: Learn
Learn.C(n=1).submit(max_retries=3, run_mode=RunMode.DRY_RUN, init_tasks=[Prepare.C()])
Learn.C(n=1).submit(transient=TransientMode.REMOVE)
Learn.C(n=1).submit(bogus=1)  # E[plugin,mypy]: submit # E[pyright]: "bogus"
Learn.C(n=1).submit(max_retries="x")  # E: submit
Prepare.C().submit()  # E: "submit"
Learn.C(n=1).submit().wait()
reveal_type(Long.C().submit().stdout())  # R: Path
reveal_type(Learn.C(n=1).on_completed(lambda: None))  # R: Learn
reveal_type(Learn.C(n=1).submit(max_retries=1).n)  # R: int
