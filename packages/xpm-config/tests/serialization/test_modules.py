import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from xpm_config.errors import SerializationError
from xpm_config.serialization.modules import Classes, is_loading_script, location_of

SCRIPT = """
class Model: pass
class Outer:
    class Inner: pass
count = globals().get("count", 0) + 1
"""


@pytest.fixture(autouse=True)
def clean_modules() -> Iterator[None]:
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "myscript.py"
    file.write_text(SCRIPT)
    return file


def definition(module: str, name: str, file: Path | None = None) -> dict[str, Any]:
    found = {"module": module, "type": name}
    return found if file is None else {**found, "file": str(file)}


def test_a_class_of_a_package_is_imported_by_name() -> None:
    path = Classes("x.json").of(definition("pathlib", "Path"))
    assert path is Path


def test_only_the_named_module_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "apackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "one.py").write_text("class One: pass")
    (package / "two.py").write_text("raise RuntimeError('not to be imported')")
    monkeypatch.syspath_prepend(tmp_path)
    found = Classes("x").of(definition("apackage.one", "One"))
    assert location_of(found) == ("apackage.one", None)
    assert "apackage.two" not in sys.modules


def test_a_file_is_executed_once(script: Path) -> None:
    one = Classes("x").of(definition("__main__", "Model", script))
    two = Classes("y").of(definition("__main__", "Model", script))
    assert one is two
    assert one.__module__ == "_main_"
    assert sys.modules["_main_"].count == 1


def test_a_script_is_named_main_again_when_it_is_written(script: Path) -> None:
    found = Classes("x").of(definition("__main__", "Model", script))
    assert location_of(found) == ("__main__", str(script))


def test_a_nested_class_is_found(script: Path) -> None:
    found = Classes("x").of(definition("myscript", "Outer.Inner", script))
    assert found.__qualname__ == "Outer.Inner"


def test_a_module_that_is_already_imported_is_not_executed_again(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(script.parent)
    import myscript  # type: ignore[import-not-found]

    found = Classes("x").of(definition("myscript", "Model", script))
    assert found is myscript.Model
    assert location_of(found) == ("myscript", str(script))


def test_the_script_that_runs_is_not_executed_again(script: Path) -> None:
    script.write_text(
        SCRIPT
        + """
if __name__ == "__main__":
    from xpm_config.serialization.modules import Classes
    found = Classes("x").of({"module": "__main__", "type": "Model", "file": __file__})
    assert found is Model
    print("the same")
"""
    )
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert result.stdout == "the same\n"


def test_two_files_of_one_name_are_two_modules(tmp_path: Path) -> None:
    files = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        files.append(tmp_path / folder / "tasks.py")
        files[-1].write_text(f"class Task: where = {folder!r}")
    found = [Classes("x").of(definition("tasks", "Task", file)) for file in files]
    assert [cls.where for cls in found] == ["a", "b"]


def test_a_file_that_is_gone_is_looked_for_by_name(
    tmp_path: Path, script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(script.parent)
    gone = tmp_path / "elsewhere" / "myscript.py"
    assert Classes("x").of(definition("myscript", "Model", gone)).__name__ == "Model"


def test_a_script_that_is_gone_is_told() -> None:
    with pytest.raises(SerializationError, match=r"x\.json needs .* /gone\.py"):
        Classes("x.json").of(definition("__main__", "Model", Path("/gone.py")))


def test_a_missing_module_says_what_needs_it() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"x\.json needs the module no_such_module"):
        Classes("x.json").of(definition("no_such_module", "Model"))


def test_a_missing_class_says_what_needs_it(script: Path) -> None:
    with pytest.raises(SerializationError, match=r"x\.json needs the class Gone .*myscript"):
        Classes("x.json").of(definition("myscript", "Gone", script))


def test_a_member_of_an_enumeration_is_found_by_name(script: Path) -> None:
    script.write_text("import enum\nclass Norm(enum.Enum):\n    L1 = 1\nclass Model: pass")
    classes = Classes("x")
    classes.of(definition("__main__", "Model", script))
    assert classes.member("__main__", "Norm", "L1").value == 1
    with pytest.raises(SerializationError, match=r"Norm\.L2.*members: L1"):
        classes.member("__main__", "Norm", "L2")


def test_a_file_that_fails_can_be_tried_again(script: Path) -> None:
    script.write_text("raise RuntimeError('first')")
    with pytest.raises(RuntimeError, match="first"):
        Classes("x").of(definition("__main__", "Model", script))
    script.write_text("class Model: pass  # mended, and longer")
    assert Classes("x").of(definition("__main__", "Model", script)).__name__ == "Model"


def test_a_file_knows_that_it_is_only_read_for_its_classes(script: Path) -> None:
    script.write_text(
        "from xpm_config.serialization import is_loading_script\n"
        "seen = is_loading_script()\nclass Model: pass"
    )
    Classes("x").of(definition("__main__", "Model", script))
    loaded: ModuleType = sys.modules["_main_"]
    assert loaded.seen is True
    assert not is_loading_script()


def test_a_module_run_with_m_is_named_by_its_name() -> None:
    code = (
        "import sys, types; from xpm_config.serialization.modules import location_of\n"
        "sys.modules['__main__'].__spec__ = types.SimpleNamespace(name='pkg.run')\n"
        "class A: pass\nprint(location_of(A))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "('pkg.run', None)\n"
