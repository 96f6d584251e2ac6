"""Which paths follow a workspace."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store.relocation import Relocation

RELOCATION = Relocation(["", "/old/ws", "/other"], "/new")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/old/ws", "/new"),
        ("/old/ws/jobs/a", "/new/jobs/a"),
        ("/other/partials/x", "/new/partials/x"),
        ("/old/ws2/jobs", "/old/ws2/jobs"),
        ("/data/set", "/data/set"),
        ("old/ws", "old/ws"),
        ("", "/new"),
    ],
)
def test_only_what_is_below_the_old_root_moves(before: str, after: str) -> None:
    if before:
        assert RELOCATION.path(before) == after
    assert Relocation(["/"], "/new").path("/a/b") == "/new/a/b"


def test_paths_without_base_and_files_of_data_move_and_texts_do_not() -> None:
    moved = RELOCATION.definition(
        {
            "id": 1,
            "file": "/old/ws/script.py",
            "fields": {
                "plain": {"type": "path", "value": "/old/ws/jobs/a"},
                "based": {"type": "path", "value": "jobs/a", "base": "workspace"},
                "data": {"type": "path.serialized", "value": "/old/ws/d", "is_folder": True},
                "text": "/old/ws/jobs/a",
                "nested": [{"key": [{"type": "path", "value": "/old/ws/b"}]}],
                "user": {"type": "path", "value": 3},
                "reference": {"type": "python", "value": 4},
            },
        }
    )
    assert moved == {
        "id": 1,
        "file": "/new/script.py",
        "fields": {
            "plain": {"type": "path", "value": "/new/jobs/a"},
            "based": {"type": "path", "value": "jobs/a", "base": "workspace"},
            "data": {"type": "path.serialized", "value": "/new/d", "is_folder": True},
            "text": "/old/ws/jobs/a",
            "nested": [{"key": [{"type": "path", "value": "/new/b"}]}],
            "user": {"type": "path", "value": 3},
            "reference": {"type": "python", "value": 4},
        },
    }


def test_parameters_name_their_new_workspace() -> None:
    params = {"workspace": "/old/ws", "version": 3, "objects": [{"id": 1, "file": "/old/ws/f"}, 3]}
    assert RELOCATION.params(params) == {
        "workspace": "/new",
        "version": 3,
        "objects": [{"id": 1, "file": "/new/f"}, 3],
    }
    assert RELOCATION.params({"objects": "damaged"})["objects"] == "damaged"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_there_and_back_gives_the_same(value: Any) -> None:
    back = Relocation(["/new"], "/old/ws")
    assert back.value(Relocation(["/old/ws"], "/new").value(value)) == value
