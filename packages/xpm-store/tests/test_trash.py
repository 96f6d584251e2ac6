"""The trash of a workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from xpm_store.errors import NotRestored
from xpm_store.layout import Workspace
from xpm_store.trash import Trash


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    for name in ("a", "b"):
        (tmp_path / "jobs" / "t" / name).mkdir(parents=True)
        (tmp_path / "jobs" / "t" / name / "result").write_text(name)
    return Trash(Workspace(tmp_path))


def jobs(trash: Trash) -> list[Path]:
    return sorted((trash.path.parent / "jobs" / "t").glob("*"))


def test_what_was_removed_comes_back_where_it_was(trash: Trash) -> None:
    before = jobs(trash)
    entry = trash.put(before, "jobs clean")
    assert jobs(trash) == []
    assert [one.reason for one in trash.entries()] == ["jobs clean"]
    assert sorted(trash.restore(entry.entry_id)) == before
    assert [(path / "result").read_text() for path in before] == ["a", "b"]
    assert trash.entries() == []


def test_a_folder_that_is_gone_already_is_not_missed(trash: Trash) -> None:
    here = jobs(trash)
    entry = trash.put([*here, here[0].with_name("gone")], "test")
    assert sorted(trash.restore(entry.entry_id)) == here


def test_nothing_is_put_back_over_what_is_there_again(trash: Trash) -> None:
    here = jobs(trash)
    entry = trash.put(here, "test")
    here[1].mkdir(parents=True)
    with pytest.raises(NotRestored, match="is there again"):
        trash.restore(entry.entry_id)
    assert jobs(trash) == [here[1]]


@pytest.mark.parametrize("name", ["", "..", "../..", "nothing", "/etc"])
def test_an_unknown_entry_is_an_error(trash: Trash, name: str) -> None:
    with pytest.raises(NotRestored, match="no such entry"):
        trash.restore(name)


def test_an_entry_never_leads_out_of_the_workspace(trash: Trash) -> None:
    entry = trash.put(jobs(trash)[:1], "test")
    path = trash.path / entry.entry_id / "entry.json"
    path.write_text(json.dumps({"paths": ["../outside", "/tmp/outside", 3]}))
    assert trash.restore(entry.entry_id) == []


def test_the_trash_is_emptied_of_what_is_old_enough(trash: Trash) -> None:
    trash.put(jobs(trash)[:1], "test")
    assert trash.empty(older_than_s=3600) == []
    assert len(trash.empty()) == 1
    assert trash.entries() == []
    assert list(trash.path.iterdir()) == []
