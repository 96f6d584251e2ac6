from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from xpm_scheduler.services.paths import decode_state, encode_state

absolute_paths = st.lists(
    st.text("abc", min_size=1, max_size=3), min_size=1, max_size=3
).map(lambda parts: Path("/", *parts))  # fmt: skip
keys = st.text("abcd", min_size=1, max_size=4)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | absolute_paths,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


# the first draw is slow on a busy machine: Hypothesis builds its tables
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(keys, values, max_size=4))
def test_what_makes_a_service_again_is_the_same_after_a_round_trip(state: dict[str, Any]) -> None:
    assert decode_state(encode_state(state)) == state


def test_paths_are_translated_at_any_depth() -> None:
    encoded = encode_state({"one": Path("/a"), "more": [{"two": Path("/a/b")}]})
    assert encoded == {"one": {"__path__": "/a"}, "more": [{"two": {"__path__": "/a/b"}}]}
    decoded = decode_state(encoded, lambda path: Path("/elsewhere") / path.relative_to("/"))
    assert decoded == {"one": Path("/elsewhere/a"), "more": [{"two": Path("/elsewhere/a/b")}]}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"model": object()}, "`model` is of type object"),
        ({"a": {"b": [1, {2}]}}, "`a.b[1]` is of type set"),
        ({"a": {1: 2}}, "a key of `a` is of type int, not text"),
    ],
)
def test_what_has_no_json_form_is_said_with_its_place(state: dict[str, Any], reason: str) -> None:
    assert encode_state(state) == {"__unserializable__": True, "__reason__": reason}
