"""Whole files and whole lines."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xpm_store import jsontext
from xpm_store.atomic import (
    LineAppender,
    parse_lines,
    read_json_object,
    read_lines,
    replace_json,
    replace_link,
    replace_text,
    touch,
)
from xpm_store.errors import DamagedRecord, StorageError


def test_a_replaced_file_has_its_new_content_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    replace_json(path, {"a": 1})
    replace_json(path, {"a": 2}, durable=False)
    assert read_json_object(path) == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_the_longest_name_that_a_file_may_have_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + ".json")
    replace_text(path, "content")
    assert path.read_text() == "content"
    assert len(list(tmp_path.iterdir())) == 1


def test_threads_that_replace_one_file_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "status.json"

    def replace_often(letter: str) -> None:
        for _ in range(50):
            replace_text(path, letter * 10_000, durable=False)

    threads = [threading.Thread(target=replace_often, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    content = path.read_text()
    assert content == content[0] * 10_000
    assert len(list(tmp_path.iterdir())) == 1


def test_a_replaced_file_is_another_file_so_that_its_readers_see_one_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "status.json"
    replace_text(path, "first")
    with path.open() as reader:
        replace_text(path, "second")
        assert reader.read() == "first"


def test_replacing_in_a_folder_that_is_not_there_makes_it(tmp_path: Path) -> None:
    replace_text(tmp_path / "a" / "b" / "file", "x")
    assert (tmp_path / "a" / "b" / "file").read_text() == "x"


def test_replacing_a_folder_fails_and_names_it(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(StorageError, match=r"cannot rename .*taken"):
        replace_text(tmp_path / "taken", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_link_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "folder" / "link"
    replace_link(link, "one")
    replace_link(link, "two")
    assert link.readlink() == Path("two")
    assert [path.name for path in link.parent.iterdir()] == ["link"]


def test_touching_a_marker_creates_it_empty(tmp_path: Path) -> None:
    touch(tmp_path / "job.done")
    assert (tmp_path / "job.done").read_bytes() == b""


def test_a_missing_record_is_none(tmp_path: Path) -> None:
    assert read_json_object(tmp_path / "none.json") is None
    assert read_json_object(tmp_path / "no" / "none.json") is None


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"a"', b"\x00\x00", b"\xff{}"])
def test_a_record_that_is_no_object_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(content)
    with pytest.raises(DamagedRecord, match=str(path)):
        read_json_object(path)


def test_lines_are_read_from_where_the_last_read_ended(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    with LineAppender(path) as lines:
        lines.append([{"n": 1}, {"n": 2}])
        first = read_lines(path)
        lines.append([{"n": 3}])
    assert first.objects == [{"n": 1}, {"n": 2}]
    assert read_lines(path, first.next_offset).objects == [{"n": 3}]
    assert read_lines(tmp_path / "none").objects == []


def test_a_batch_is_one_write(tmp_path: Path) -> None:
    from xpm_store import fs

    writes: list[bytes] = []

    class Recording:
        def before(self, operation: str, path: Path, fd: int | None, data: bytes | None) -> None:
            if operation == "write":
                writes.append(data or b"")

        def after(self, operation: str, path: Path) -> None:
            pass

    with LineAppender(tmp_path / "lines") as lines, fs.observed(Recording()):
        lines.append({"n": n} for n in range(100))
        lines.append([])
    assert len(writes) == 1


@pytest.mark.parametrize("torn", [b'{"n"', b'{"n": 2}', b"x" * 200_000, b"\x00" * 70_000])
def test_a_torn_tail_is_skipped_reported_and_cut_by_the_next_owner(
    tmp_path: Path, torn: bytes
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"n":1}\n' + torn)
    read = read_lines(path)
    assert read.objects == [{"n": 1}]
    assert read.next_offset == 8
    assert [problem.offset for problem in read.problems] == [8]
    assert str(path) in str(read.problems[0])
    with LineAppender(path) as lines:
        lines.append([{"n": 3}])
    assert path.read_bytes() == b'{"n":1}\n{"n":3}\n'


def test_a_file_that_is_only_a_torn_line_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"n": 1')
    LineAppender(path).close()
    assert path.read_bytes() == b""


def test_damaged_lines_are_skipped_and_reported_with_their_offset() -> None:
    data = b'{"n":1}\n{"n\n[2]\n\n{"n":3}\n'
    read = parse_lines(data, Path("f"), 100)
    assert read.objects == [{"n": 1}, {"n": 3}]
    assert [problem.offset for problem in read.problems] == [108, 112]
    assert read.next_offset == 100 + len(data)


def test_a_closed_file_takes_no_lines(tmp_path: Path) -> None:
    lines = LineAppender(tmp_path / "lines")
    lines.close()
    lines.close()
    with pytest.raises(ValueError, match="closed"):
        lines.append([{}])


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers()), max_size=8), st.data())
def test_cut_anywhere_a_file_gives_its_whole_lines(
    objects: list[dict[str, int]], data: st.DataObject
) -> None:
    lines = [jsontext.encode(value).encode() + b"\n" for value in objects]
    whole = b"".join(lines)
    cut = data.draw(st.integers(0, len(whole)))
    read = parse_lines(whole[:cut], Path("f"), decode=jsontext.decode)
    count = len(read.objects)
    assert read.objects == objects[:count]
    assert read.next_offset == sum(len(line) for line in lines[:count])
    assert len(read.problems) == (read.next_offset != cut)
