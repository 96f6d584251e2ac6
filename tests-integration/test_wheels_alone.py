"""Built wheels, installed in environments that hold nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import clean_environment, run

WITH_CONFIG_ALONE = '''
"""A library of configurations that knows of no scheduler."""
import json, sys
from pathlib import Path

before = set(sys.modules)
import xpm_config
loaded = {"asyncio", "sqlite3", "subprocess"} & (set(sys.modules) - before)

from xpm_config import Config, Param, Task, field, load, save

class Model(Config):
    hidden: Param[int]
    dropout: Param[float] = field(default=0.1, ignore_default=True)

class Train(Task):
    model: Param[Model]

    def execute(self) -> None:
        print(f"hidden={self.model.hidden}")

model = Model.C(hidden=256)
folder = Path(sys.argv[1])
save(model, folder)
back = load(folder)
Train.C(model=model).instance().execute()
try:
    Train.C(model=model).submit()
except Exception as error:
    refusal = str(error)
print(json.dumps({
    "loaded": sorted(loaded),
    "identifier": str(model.__xpm__.identifier),
    "same": str(back.__xpm__.identifier) == str(model.__xpm__.identifier),
    "hidden": back.hidden,
    "dropout": back.dropout,
    "refusal": refusal,
}))
'''


@pytest.fixture(scope="module")
def config_alone(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment where only xpm-config was installed, from its wheel."""
    return environment(tmp_path_factory.mktemp("alone") / "env", wheels, "xpm-config")


def environment(folder: Path, wheels: Path, wheel: str) -> Path:
    run(["uv", "venv", "--quiet", folder])
    python = folder / "bin" / "python"
    run(["uv", "pip", "install", "-q", "--python", python, "--find-links", wheels, wheel])
    return python


def test_xpm_config_alone_writes_hashes_saves_and_loads(
    config_alone: Path, tmp_path: Path, home: Path
) -> None:
    script = tmp_path / "library.py"
    script.write_text(WITH_CONFIG_ALONE, encoding="utf-8")
    saved = tmp_path / "saved"
    saved.mkdir()
    done = run([config_alone, "-W", "error", script, saved], env=clean_environment(home))
    executed, report = done.stdout.splitlines()
    told = json.loads(report)
    assert executed == "hidden=256"
    assert told["loaded"] == []
    assert len(told["identifier"]) == 64
    assert told["same"]
    assert (told["hidden"], told["dropout"]) == (256, 0.1)
    assert "experimaestro" in told["refusal"]


def test_xpm_config_brings_no_other_wheel_of_ours(config_alone: Path) -> None:
    listed = run(["uv", "pip", "list", "--format", "json", "--python", config_alone])
    names = {package["name"] for package in json.loads(listed.stdout)}
    assert {name for name in names if name.startswith(("xpm", "experimaestro"))} == {"xpm-config"}


@pytest.mark.parametrize(
    ("wheel", "module"),
    [
        ("xpm-store", "xpm_store"),
        ("xpm-scheduler", "xpm_scheduler"),
        ("xpm-monitor", "xpm_monitor"),
        ("xpm-cli", "xpm_cli"),
        ("experimaestro", "experimaestro"),
    ],
)
def test_every_module_of_a_wheel_imports_with_only_what_the_wheel_requires(
    wheel: str, module: str, wheels: Path, tmp_path: Path
) -> None:
    python = environment(tmp_path / "env", wheels, wheel)
    program = (
        "import importlib, pkgutil, sys\n"
        f"package = importlib.import_module({module!r})\n"
        f"for found in pkgutil.walk_packages(package.__path__, {module + '.'!r}):\n"
        "    if not found.name.endswith('__main__'):\n"
        "        importlib.import_module(found.name)\n"
    )
    run([python, "-W", "error", "-c", program])
