from pathlib import Path
from typing import Annotated, ClassVar

from xpm_config import Config, Param, cache, config_only, initializer, load, pathgenerator, tqdm


class M(Config):
    __xpmid__ = "typing.m"

    out: Annotated[Path, pathgenerator("x.txt")]
    extra: int = 3
    plain: str
    shared: ClassVar[int] = 2
    size: Param[int] = 1

    @cache("table.bin")
    def table(self, path: Path, scale: float) -> list[float]:
        return [scale]

    @initializer
    def start(self) -> str:
        return "x"

    @config_only
    def describe(self, text: str) -> bytes:
        return text.encode()

    def use(self) -> None:
        self.extra = 4
        self.plain = "x"
        reveal_type(self.out)  # R: Path


m = M.C(size=2)  # E[mypy,pyright]: "out" # E[mypy,pyright]: "plain"
M.C(plain="x", extra=4)  # E[plugin]: "plain" # E[plugin]: "extra" # E[mypy,pyright]: "out"
reveal_type(load("x"))  # R: Any
for step in tqdm([1, 2], desc="steps"):
    reveal_type(step)  # R: int
reveal_type(m.table(2.0))  # R: list[float]
m.table("x")  # E: "float"
reveal_type(m.start())  # R: str
reveal_type(m.describe("x"))  # R: bytes
