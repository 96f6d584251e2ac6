from pathlib import Path
from typing import Annotated

from xpm_config import (
    Choices,
    Config,
    Constant,
    DataPath,
    Meta,
    Option,
    OptionalDataPath,
    Param,
    PathGenerator,
    field,
    help,
    pathgenerator,
)

LOG = PathGenerator("log.txt")


class Model(Config):
    p: Param[int]
    m: Meta[int]
    o: Option[int] = 2
    d: DataPath
    od: OptionalDataPath
    k: Constant[str] = "1"
    g: Meta[Path] = field(default_factory=PathGenerator("x"))
    named: Meta[Path] = field(default_factory=LOG)
    older: Annotated[Path, pathgenerator("y")]
    device: Annotated[Param[str], Choices(["cpu", "gpu"])] = "cpu"
    told: Annotated[Param[int], help("How many")] = 3
    marked: Annotated[int, help("Declares a parameter by itself")] = 4


# Without the plugin, `od` and `older` are required, and `k` is accepted
model = Model.C(p=1, m=2, d=Path("d"))  # E[mypy,pyright]: "od" # E[mypy,pyright]: "older"
Model.C(p=1, m=2)  # E: "d" # E[mypy,pyright]: "od" # E[mypy,pyright]: "older"
Model.C(p=1, m=2, d=Path("d"), od=None, older=Path("y"))  # E[plugin]: "older"
Model.C(p=1, m=2, d=Path("d"), od=None, k="2")  # E[plugin]: "k" # E[mypy,pyright]: "older"
Model.C(p=1, m=2, d=Path("d"), g=Path("x"))  # E[plugin,pyright]: "g" # E[mypy,pyright]: "od" # E[mypy,pyright]: "older"
Model.C(p=1, m=2, d=Path("d"), named=Path("x"))  # E[plugin,pyright]: "named" # E[mypy,pyright]: "od" # E[mypy,pyright]: "older"
Model.C(p=1, m=2, d=Path("d"), older=Path("x"))  # E[plugin]: "older" # E[mypy,pyright]: "od"
Model.C(p="1", m=2, d=Path("d"), device="gpu", told=2, marked=1)  # E[plugin,mypy]: "int" # E[mypy,pyright]: "od" # E[mypy,pyright]: "older"
reveal_type(model.od)  # R: Path | None
reveal_type(model.d)  # R: Path
reveal_type(model.k)  # R: str
reveal_type(model.g)  # R: Path
reveal_type(model.older)  # R: Path
reveal_type(model.device)  # R: str
model.k = "2"  # E[plugin]: read-only
model.g = Path("z")  # E[plugin]: read-only
model.p = 3
