"""The published names: they are there, they are typed, and finding them costs nothing."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import experimaestro
import pytest

PACKAGE = Path(experimaestro.__file__).parent
README = Path(__file__).parent.parent / "README.md"

PUBLISHED = [
    line
    for line in (Path(__file__).parent / "published_names.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
]


def not_yet() -> str:
    return README.read_text(encoding="utf-8").partition("## Not yet")[2]


def names_for_type_checkers() -> set[str]:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    names = set()
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AnnAssign):
            names.add(ast.unparse(node.target))
    return names


def test_every_published_name_is_there_or_said_to_be_missing() -> None:
    missing = {name for name in PUBLISHED if name not in experimaestro.__all__}
    assert {name for name in missing if f"`{name}`" not in not_yet()} == set()


def test_no_name_is_added_to_the_published_ones() -> None:
    assert set(experimaestro.__all__) - set(PUBLISHED) == set()


def test_type_checkers_see_the_names_that_are_there_at_run_time() -> None:
    assert names_for_type_checkers() == set(experimaestro.__all__)


@pytest.mark.parametrize("name", experimaestro.__all__)
def test_every_name_is_found_and_kept(name: str) -> None:
    value = getattr(experimaestro, name)
    assert value is getattr(experimaestro, name)
    assert name in vars(experimaestro)


def test_names_are_sorted_and_listed_by_dir() -> None:
    assert sorted(experimaestro.__all__) == sorted(set(experimaestro.__all__))
    assert set(experimaestro.__all__) <= set(dir(experimaestro))


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match=r"experimaestro.*no attribute 'Configg'"):
        experimaestro.Configg  # noqa: B018


def loaded_by(statement: str) -> set[str]:
    program = (
        f"import sys; before = set(sys.modules); {statement}; print(*sys.modules.keys() - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_importing_the_package_loads_no_wheel() -> None:
    wheels = ("xpm_config", "xpm_store", "xpm_scheduler", "xpm_monitor", "xpm_cli")
    assert not {name for name in loaded_by("import experimaestro") if name.startswith(wheels)}


def test_describing_tasks_loads_neither_the_scheduler_nor_an_event_loop() -> None:
    loaded = loaded_by("from experimaestro import Config, Param, Task, field, PathGenerator, tag")
    assert "xpm_config" in loaded
    assert not loaded & {"xpm_scheduler", "xpm_store", "xpm_cli", "asyncio", "sqlite3"}


def modules() -> list[str]:
    paths = (path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*.py"))
    names = (".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths)
    return sorted(name for name in names if not name.endswith("__main__"))


@pytest.mark.parametrize("name", modules())
def test_every_module_says_what_it_gives(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert all(hasattr(module, given) for given in getattr(module, "__all__", ()))
