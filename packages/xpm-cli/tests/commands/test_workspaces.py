"""`workspaces list`: what the settings name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from xpm_cli.main import cli

pytestmark = pytest.mark.usefixtures("no_settings")


def listed(folder: Path, settings: str, *argv: str) -> Result:
    (folder / "settings.yaml").write_text(settings, encoding="utf-8")
    argv = ("workspaces", "list", "--xpm-config-dir", str(folder), *argv)
    return CliRunner().invoke(cli, list(argv))


SETTINGS = """
workspaces:
  - id: main
    path: /data/main
    triggers: ["ir-*"]
  - id: cluster
    path: /home/me/xp
    ssh: {host: me@cluster}
"""


def test_each_workspace_has_a_line(tmp_path: Path) -> None:
    assert listed(tmp_path, SETTINGS).stdout == (
        "- main: /data/main\n- cluster: /home/me/xp [remote: me@cluster]\n"
    )


def test_verbose_adds_what_the_settings_say(tmp_path: Path) -> None:
    assert "    triggers: ['ir-*']\n" in listed(tmp_path, SETTINGS, "--verbose").stdout


def test_json_is_for_scripts(tmp_path: Path) -> None:
    rows = json.loads(listed(tmp_path, SETTINGS, "--json").stdout)

    assert [(row["id"], row["remote"]) for row in rows] == [
        ("main", None),
        ("cluster", "me@cluster"),
    ]


def test_without_settings_the_default_folder_is_told(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["workspaces", "list", "--xpm-config-dir", str(tmp_path)])

    assert result.stdout == "No workspace is configured.\n"
    assert "Experiments run in " in result.stderr


def test_settings_that_are_wrong_are_told_with_file_and_line(tmp_path: Path) -> None:
    result = listed(tmp_path, "workspaces:\n  - id: main\n    pth: /x\n")

    assert result.exit_code == 2
    assert f"{tmp_path}/settings.yaml:3" in result.stderr
    assert "path" in result.stderr
