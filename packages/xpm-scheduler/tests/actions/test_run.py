"""Actions in their own processes."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from xpm_config.actions import CLIInteraction, Interaction
from xpm_scheduler.actions import find_action, run_action
from xpm_scheduler.actions.errors import ActionFailed, NoSuchAction
from xpm_scheduler.experiment import experiment
from xpm_store.errors import NoSuchExperiment
from xpm_store.layout import Workspace

HERE = Path(__file__).parent


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The actions of the tests."""
    monkeypatch.setenv("XPM_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.syspath_prepend(str(HERE))
    yield importlib.import_module("study_actions")
    sys.modules.pop("study_actions", None)


@pytest.fixture
def workdir(study: Any, tmp_path: Path) -> Path:
    """A workspace where a run has registered every action."""
    with experiment(tmp_path / "work", "actions", project_paths=[tmp_path]) as xp:
        model, out = study.Model.C(size=3), tmp_path / "out.txt"
        xp.add_action(study.Export.C(model=model, out=out))
        xp.add_action(study.Fails.C())
        xp.add_action(study.Dies.C())
        xp.add_action(study.Careful.C(out=out))
    return tmp_path / "work"


def test_an_action_is_run_once_in_another_process_and_its_questions_are_asked_here(
    workdir: Path, tmp_path: Path
) -> None:
    class Person(Interaction):
        asked: list[str] = []

        def choice(self, key: str, label: str, choices: Sequence[str]) -> str:
            self.asked.append(f"{label} {choices}")
            return choices[-1]

        def checkbox(self, key: str, label: str, *, default: bool = False) -> bool:
            self.asked.append(label)
            return True

        def text(self, key: str, label: str, *, default: str = "") -> str:
            self.asked.append(f"{label} [{default}]")
            return "tiny"

    printed = tmp_path / "printed.txt"
    with printed.open("wb") as output:
        run_action(workdir, "actions", "Export", Person(), output=output)
    first, second = (tmp_path / "out.txt").read_text().splitlines()
    assert first.startswith("begun in ")
    assert first != f"begun in {os.getpid()}"
    assert second == "tiny (public) yaml 6"
    assert Person.asked == ["Name: [small]", "Kind: ['json', 'yaml']", "Public?"]
    assert printed.read_text() == "exported\n"


def test_answers_can_be_given_beforehand(workdir: Path, tmp_path: Path) -> None:
    answers = CLIInteraction({"name": "big", "kind": "json", "public": "no"})
    run_action(Workspace(workdir), "actions", "study_actions.Export", answers)
    assert (tmp_path / "out.txt").read_text().splitlines()[1] == "big json 6"


def test_a_wrong_answer_ends_the_action_and_is_raised_here(workdir: Path, tmp_path: Path) -> None:
    answers = CLIInteraction({"name": "big", "kind": "xml"})
    with pytest.raises(ValueError, match="'xml' is no answer to 'kind'"):
        run_action(workdir, "actions", "Export", answers)
    assert len((tmp_path / "out.txt").read_text().splitlines()) == 1


def test_an_action_that_is_given_up_may_put_things_in_order(workdir: Path, tmp_path: Path) -> None:
    class GivesUp(CLIInteraction):
        def text(self, key: str, label: str, *, default: str = "") -> str:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_action(workdir, "actions", "Careful", GivesUp())
    assert (tmp_path / "out.txt").read_text() == "in order"


def test_what_an_action_raises_is_told_with_the_lines_of_the_user(workdir: Path) -> None:
    with pytest.raises(ActionFailed, match=r"'Fails'.*ValueError: there is nothing") as caught:
        run_action(workdir, "actions", "Fails", CLIInteraction())
    assert 'raise ValueError("there is nothing to export")' in caught.value.details
    assert "child.py" not in caught.value.details


def test_an_action_whose_process_dies_is_told(workdir: Path) -> None:
    with pytest.raises(ActionFailed, match="its process ended with code 7"):
        run_action(workdir, "actions", "Dies", CLIInteraction())


def test_an_action_is_found_by_the_beginning_of_its_identifier(workdir: Path) -> None:
    _, export = find_action(Workspace(workdir), "actions", "Export")
    run, found = find_action(Workspace(workdir), "actions", export.action_id[:10])
    assert found == export
    assert found.description == "Export a model of size 3"
    assert run.path.parent == workdir / "experiments" / "actions"


def test_an_action_that_does_not_exist_is_told_with_those_that_do(workdir: Path) -> None:
    with pytest.raises(NoSuchAction, match="no action is named 'Import'; there are:") as caught:
        run_action(workdir, "actions", "Import", CLIInteraction())
    assert any("Export a model of size 3" in one for one in caught.value.candidates)
    with pytest.raises(NoSuchAction, match="no action is named ''"):
        find_action(Workspace(workdir), "actions", "")
    with pytest.raises(NoSuchExperiment):
        run_action(workdir, "nothing", "Export", CLIInteraction())


def test_actions_of_a_script_are_found_with_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'beside'\n")
    script = tmp_path / "a_script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from xpm_config import Action, Meta\n"
        "from xpm_scheduler import experiment\n"
        "import beside\n"
        "class Say(Action):\n"
        "    out: Meta[Path]\n"
        "    def execute(self, interaction):\n"
        "        self.out.write_text(beside.WORD)\n"
        "if __name__ == '__main__':\n"
        "    here = Path(__file__).parent\n"
        "    with experiment(here / 'work', 'script') as xp:\n"
        "        xp.add_action(Say.C(out=here / 'said.txt'))\n"
    )
    env = {**os.environ, "XPM_CONFIG_DIR": str(tmp_path / "config")}
    subprocess.run([sys.executable, script], check=True, cwd="/", env=env)
    run_action(tmp_path / "work", "script", "Say", CLIInteraction())
    assert (tmp_path / "said.txt").read_text() == "beside"
