"""A study for the tests: one task may be told to fail, another waits to be released."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path

from xpm_cli.helper import ConfigurationBase, ExperimentHelper, configuration
from xpm_config import (
    Action,
    Interaction,
    Param,
    PathGenerator,
    Task,
    field,
    progress,
    tag,
)
from xpm_scheduler.services import WebService


class Fit(Task):
    """Fits, unless it is told to fail."""

    lr: Param[float]
    fail: Param[bool] = field(default=False, ignore_default=True)
    seed: Param[int] = field(default=0, ignore_default=True)
    out: Param[Path] = field(default_factory=PathGenerator("out.txt"))

    def execute(self) -> None:
        print(f"fitting with {self.lr}")
        progress(0.5, desc="epoch 1")
        if self.fail:
            print("\x1b[31mabout to fail\x1b[0m \x1b[2Jand to clear", file=sys.stderr)
            raise ValueError("this one was told to fail")
        self.out.write_text("fitted")
        self.report(accuracy=1 - self.lr + self.seed / 100, test={"kind": "easy"})


class Evaluate(Task):
    """Needs a fit."""

    fit: Param[Fit]

    def execute(self) -> None:
        assert self.fit.out.read_text() == "fitted"


class Held(Task):
    """Says that it runs, then waits to be released: two named pipes, no clock."""

    pipes: Param[Path]

    def execute(self) -> None:
        (self.pipes / "started").write_text("started")
        (self.pipes / "release").read_text()


class After(Task):
    """Needs one that is held."""

    held: Param[Held]

    def execute(self) -> None: ...


class Export(Action):
    """Asks where to, and says it."""

    what: Param[str]

    def describe(self) -> str:
        return f"export {self.what}"

    def execute(self, interaction: Interaction) -> None:
        print(f"exported to {interaction.text('target', 'Where to?')}", flush=True)


class Page(WebService):
    """A page that someone else serves."""

    id = "page"

    def _serve(self, running: threading.Event) -> None:
        self.url = "http://localhost:1/"
        running.set()


@configuration()
class Study(ConfigurationBase):
    """What the YAML file says."""

    lrs: list[float] = []
    failing: list[float] = []
    seeds: list[int] = [0]
    pipes: Path | None = None
    after: bool = False
    offers: bool = False
    crash: bool = False


def run(helper: ExperimentHelper, cfg: Study) -> None:
    """Submit the tasks."""
    logging.getLogger("study").warning("submitting %d tasks", len(cfg.lrs))
    print("printed by the experiment")
    for lr in cfg.lrs:
        for seed in cfg.seeds:
            fit = Fit.C(lr=tag(lr), fail=lr in cfg.failing, seed=seed).submit()
            Evaluate.C(fit=fit).submit()
    if cfg.pipes:
        held = Held.C(pipes=cfg.pipes).submit()
        if cfg.after:
            After.C(held=held).submit()
    if cfg.offers:
        helper.xp.add_action(Export.C(what="the fits"))
        helper.xp.add_service(Page())
    if cfg.crash:
        raise RuntimeError("the experiment crashed")
