"""The user's settings, and the workspace that an experiment gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_store.errors import NoWorkspace, SettingsError
from xpm_store.settings import (
    HistorySettings,
    Settings,
    find_workspace,
    get_workspace_by_path,
    load_settings,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("XPM_CONFIG_DIR", raising=False)
    return tmp_path


def written(home: Path, text: str) -> Settings:
    path = home / ".config" / "experimaestro" / "settings.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_settings()


def test_without_a_file_the_default_workspace_is_in_the_user_s_data_folder(home: Path) -> None:
    found = find_workspace()
    assert found.path == home / "data" / "experimaestro" / "workspace"
    assert found.is_default


def test_the_configuration_folder_may_be_elsewhere(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "elsewhere").mkdir()
    (home / "elsewhere" / "settings.yaml").write_text("server: {port: 1}")
    monkeypatch.setenv("XPM_CONFIG_DIR", str(home / "elsewhere"))
    assert load_settings().server.port == 1


FULL = """
server: {port: 4000, host: here, autohost: fqdn, token: abc}
env: {A: 1, B: yes, LEVEL: 1.10}
history: {max_done: 3}
carbon: {enabled: false, report_interval_s: 5, country_iso_code: FRA}
workspaces:
  - id: main
    path: ~/experiments
    env: {B: mine}
    max_retries: 7
    triggers: ["glob-*"]
    history: {max_done: 1, max_failed: 0}
    lock_mode: 0664
    folders: [{path: /archive, mode: backup}]
    alt_workspaces: [far]
  - id: far
    path: ~/there
    ssh: {host: user@cluster, shell_init: "module load x", options: ["-p", "2222"]}
  - id: other
    path: /other
"""


def test_the_environment_and_history_of_a_workspace_win_over_the_general_ones(home: Path) -> None:
    settings = written(home, FULL)
    main = find_workspace(workspace="main", settings=settings)
    other = find_workspace(workspace="other", settings=settings)
    assert dict(main.env) == {"A": "1", "B": "mine", "LEVEL": "1.10"}
    assert main.history == HistorySettings(1, 0)
    assert other.history == HistorySettings(3, 1)


def test_a_workspace_is_chosen_by_name_folder_trigger_then_rank(home: Path) -> None:
    settings = written(home, FULL.replace("/other\n", "/other\n    triggers: [sweep-*]\n"))
    assert find_workspace(workspace="far", settings=settings).id == "far"
    assert find_workspace(workdir=home / "w", settings=settings).path == home / "w"
    assert find_workspace(workdir=home / "experiments", settings=settings).id == "main"
    assert find_workspace(experiment_id="sweep-1", settings=settings).id == "other"
    assert find_workspace(experiment_id="unknown", settings=settings).id == "main"


def test_a_folder_replaces_that_of_the_named_workspace_for_this_call_only(home: Path) -> None:
    settings = written(home, FULL)
    moved = find_workspace(workspace="main", workdir=home / "w", settings=settings)
    assert (moved.id, moved.path) == ("main", home / "w")
    assert find_workspace(workspace="main", settings=settings).path == home / "experiments"


def test_a_remote_workspace_is_never_chosen_unless_named(home: Path) -> None:
    settings = written(home, "workspaces: [{id: far, path: /x, ssh: {host: h}}]")
    assert find_workspace(settings=settings).is_default


def test_an_unknown_workspace_gets_a_proposal(home: Path) -> None:
    settings = written(home, FULL)
    with pytest.raises(NoWorkspace, match='"mian", did you mean "main"'):
        find_workspace(workspace="mian", settings=settings)


def test_a_workspace_is_found_by_its_folder(home: Path) -> None:
    settings = written(home, FULL)
    found = get_workspace_by_path("~/experiments", settings=settings)
    assert found is not None and found.id == "main"
    assert get_workspace_by_path("/there", settings=settings) is None


def test_a_variable_that_is_not_set_only_matters_to_who_chooses_that_workspace(home: Path) -> None:
    settings = written(
        home, "workspaces: [{id: a, path: /a}, {id: b, path: '${env:NOT_SET_HERE}/w'}]"
    )
    assert find_workspace(settings=settings).id == "a"
    with pytest.raises(SettingsError, match="NOT_SET_HERE"):
        find_workspace(workspace="b", settings=settings)
