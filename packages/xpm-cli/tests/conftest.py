"""What all the tests of the command line share: a workspace in which a study was run."""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xpm_cli.logs import OWN_LOGGERS

sys.path.insert(0, str(Path(__file__).parent))  # for `program`

import program

# the machine may be busy: how long an example takes says nothing of the code
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50
)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder without settings."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def studied(home: Path) -> Path:
    """A workspace where the study was run once, and one of its two fits failed. To be read only."""
    workspace = home / "studied"
    done = program.run(
        "run-experiment",
        str(program.STUDY),
        "-c",
        "failing=[0.2]",
        "--workdir",
        str(workspace),
        home=home,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return workspace


@pytest.fixture(scope="session")
def reported(home: Path) -> Path:
    """A workspace where six fits, of two rates and three seeds, reported. To be read only."""
    workspace = home / "reported"
    done = program.run(
        *("run-experiment", str(program.STUDY), "-c", "seeds=[1, 2, 3]"),
        *("--workdir", str(workspace)),
        home=home,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a command that runs in this process says of logging ends with the test."""
    loggers = [logging.getLogger(name) for name in (None, *OWN_LOGGERS)]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.fixture
def no_settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No settings, no colours asked for, in this process."""
    monkeypatch.setenv("HOME", str(home))
    for name in ("XPM_CONFIG_DIR", "XDG_DATA_HOME", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.setenv(name, "")  # so that what a command sets is undone
        monkeypatch.delenv(name)
    yield


@pytest.fixture
def copied(studied: Path, tmp_path: Path) -> Path:
    """A copy of the studied workspace, to be changed."""
    copy = tmp_path / "copied"
    shutil.copytree(studied, copy, symlinks=True)
    return copy
