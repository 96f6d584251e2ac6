"""Reading `settings.yaml`: what is understood, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_store.errors import SettingsError
from xpm_store.settings import (
    HistorySettings,
    Settings,
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


def test_an_empty_file_gives_the_defaults(home: Path) -> None:
    settings = written(home, "# nothing yet\n")
    assert settings.history == HistorySettings()
    assert settings.workspaces == ()
    assert settings.source is not None


def test_every_key_of_the_contract_is_read(home: Path) -> None:
    settings = written(home, FULL)
    main, far, _ = settings.workspaces
    assert (settings.server.port, settings.server.autohost) == (4000, "fqdn")
    assert not settings.carbon.enabled and settings.carbon.report_interval_s == 5.0
    assert main.path == home / "experiments"
    assert main.history == HistorySettings(1, 0)
    assert main.lock_mode == "0664"
    assert (main.folders[0].path, main.folders[0].mode) == (Path("/archive"), "backup")
    assert far.ssh is not None and far.ssh.options == ("-p", "2222")
    assert far.path == Path("~/there"), "the home folder of the other machine is not known here"


def test_values_of_the_environment_are_kept_as_they_are_written(home: Path) -> None:
    assert dict(written(home, FULL).env) == {"A": "1", "B": "yes", "LEVEL": "1.10"}


@pytest.mark.parametrize("form", ["${env:WHERE}", "${env.WHERE}", "${oc.env:WHERE}"])
def test_variables_are_replaced(home: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setenv("WHERE", "/scratch/me")
    settings = written(home, f"workspaces: [{{id: a, path: '{form}/w'}}]")
    assert settings.workspaces[0].path == Path("/scratch/me/w")


def test_all_mistakes_are_told_with_their_lines(home: Path) -> None:
    text = """server: {prot: 1}
history:
  max_done: many
carbon:
  enabled: perhaps
  enabled: true
workspaces:
  - id: a
    pth: /a
  - id: b
    path: relative
    lock_mode: 999
    max_retries: 0
  - id: c
    path: /c
    folders: [{path: /d, mode: backpu}]
    env: {X: null}
    ssh:
  - id: c
    path: [1]
  - 3
"""
    with pytest.raises(SettingsError) as caught:
        written(home, text)
    told = [line.partition("settings.yaml:")[2] for line in caught.value.mistakes]
    assert told == [
        (
            "1: unknown key `prot` in `settings.server`, did you mean `port`? "
            "(keys: port, host, autohost, token)"
        ),
        '3: `settings.history.max_done` takes a whole number from 0, not "many"',
        '5: `settings.carbon.enabled` takes true or false, not "perhaps"',
        "6: `enabled` is given twice in `settings.carbon` (line 5 too)",
        "8: `settings.workspaces[0]` needs the key `path`",
        (
            "9: unknown key `pth` in `settings.workspaces[0]`, did you mean `path`? (keys: id, "
            "path, env, max_retries, triggers, history, lock_mode, folders, alt_workspaces, ssh)"
        ),
        '11: `settings.workspaces[1].path` takes a path from / or from ~, not "relative"',
        (
            "12: `settings.workspaces[1].lock_mode` takes inherit, umask or a mode such as "
            '"0664", not "999"'
        ),
        '13: `settings.workspaces[1].max_retries` takes a whole number from 1, not "0"',
        (
            "16: `settings.workspaces[2].folders[0].mode` takes use or backup or move, not "
            '"backpu", did you mean `backup`?'
        ),
        '17: `settings.workspaces[2].env.X` has no value: write "" for an empty one',
        '19: workspace "c" is already there, on line 14',
        "20: `settings.workspaces[3].path` takes a text, not a list",
        (
            "21: `settings.workspaces[4]` takes keys (id, path, env, max_retries, triggers, "
            'history, lock_mode, folders, alt_workspaces, ssh), not "3"'
        ),
    ]


@pytest.mark.parametrize("text", ["a: [", "- 1", "x", "{}: {}: 1", "\t\t"])
def test_what_is_not_settings_is_one_error_that_names_the_file(home: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"settings\.yaml"):
        written(home, text)


def test_bytes_that_are_not_text_are_an_error_that_names_the_file(home: Path) -> None:
    path = home / "settings.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"settings\.yaml: cannot be read"):
        load_settings(path)
