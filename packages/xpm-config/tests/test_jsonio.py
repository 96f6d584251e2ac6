import math
from pathlib import Path

import pytest
from xpm_config.errors import SerializationError
from xpm_config.jsonio import encode, read_json, read_json_lines, write_json


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"x": [1, None, 2.5], "é": True})
    assert read_json(tmp_path / "a.json") == {"x": [1, None, 2.5], "é": True}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_not_a_number_and_infinity_are_kept(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [math.nan, math.inf])
    nan, infinity = read_json(tmp_path / "a.json")
    assert math.isnan(nan)
    assert infinity == math.inf


def test_compact_text_has_no_spaces() -> None:
    assert encode({"a": [1, 2]}) == '{"a":[1,2]}'


def test_damaged_json_names_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1,\n "b": ')
    with pytest.raises(SerializationError, match=r"a\.json is not valid JSON \(line 2"):
        read_json(tmp_path / "a.json")


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"b":2}\n{"c":')
    assert list(read_json_lines(tmp_path / "a.jsonl")) == [(1, {"a": 1}), (2, {"b": 2})]


def test_a_last_line_without_its_end_is_read_when_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"b":2}')
    assert len(list(read_json_lines(tmp_path / "a.jsonl"))) == 2


def test_a_damaged_line_names_its_file_and_number(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n{"b":\n{"c":3}\n')
    with pytest.raises(SerializationError, match=r"a\.jsonl, line 2"):
        list(read_json_lines(tmp_path / "a.jsonl"))


def test_a_last_line_torn_inside_a_character_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes('{"a":1}\n{"b":"é'.encode()[:-1])
    assert list(read_json_lines(tmp_path / "a.jsonl")) == [(1, {"a": 1})]
