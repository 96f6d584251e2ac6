"""JSON texts of the files."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store import jsontext

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_a_value_survives_a_line(value: Any) -> None:
    line = jsontext.encode(value)
    assert "\n" not in line
    assert jsontext.decode(line.encode()) == value
    assert jsontext.decode_line(line.encode()) == value
    assert jsontext.decode(jsontext.encode_pretty(value).encode()) == value


def test_nan_and_infinity_are_read_as_python_writes_them() -> None:
    for decode in (jsontext.decode, jsontext.decode_line):
        value = decode(b'{"a": NaN, "b": -Infinity}')
        assert math.isnan(value["a"])
        assert value["b"] == -math.inf


def test_numbers_of_any_size_are_kept_in_records() -> None:
    assert jsontext.decode(jsontext.encode(2**200).encode()) == 2**200


def test_a_path_with_undecodable_bytes_can_be_written() -> None:
    text = b"caf\xe9".decode("utf-8", "surrogateescape")
    assert jsontext.decode_line(jsontext.encode(text).encode()) == text


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000, b"\x00" * 8])
def test_what_is_no_json_is_a_value_error(text: bytes) -> None:
    for decode in (jsontext.decode, jsontext.decode_line):
        with pytest.raises(ValueError):
            decode(text)
