"""Annotations as text, under other names, of later classes; types of more kinds."""

from __future__ import annotations

import enum
import typing as t
from typing import TYPE_CHECKING, Literal

import xpm_config as xpm
from xpm_config import Param as P

if TYPE_CHECKING:
    from pathlib import Path


class Mode(enum.Enum):
    FAST = "fast"


class Model(xpm.Config):
    size: xpm.Param[int]
    mode: P[Mode] = xpm.field(default=Mode.FAST)
    kind: P[Literal["a", "b"]] = "a"
    next: "xpm.Param[t.Optional[Model]]" = None
    later: xpm.Param[t.Optional[Later]]
    path: t.Annotated[xpm.Meta[Path], xpm.help("Where")]
    if t.TYPE_CHECKING:
        hidden: P[bool] = True


class Later(xpm.Task):
    models: xpm.Param[dict[str, tuple[Model, int]]]


model = Model.C(size=1, path=Path("x"), later=None)
reveal_type(model.mode)  # R: Mode
reveal_type(model.next)  # R: Model | None
Model.C(size=1, path=Path("x"), later=None, kind="c")  # E: "kind"
Model.C(size=1, path=Path("x"), later=None, mode="fast")  # E: "mode"
Model.C(size=1, path=Path("x"), later=None, hidden=xpm.tag(False), next=model)
Later.C(models={"a": (model, 1), "b": (model, "2")})  # E: int
reveal_type(Later.C(models={"a": (model, 1)}).submit().models["a"][0])  # R: Model
