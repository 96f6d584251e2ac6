import os
from pathlib import Path

import pytest
from xpm_config.config import Config
from xpm_config.errors import SerializationError
from xpm_config.fields import DataPath
from xpm_config.serialization.context import SerializationContext, SerializedPath, place


class Table(Config):
    path: DataPath


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "source.txt"
    file.write_text("content")
    return file


def test_a_file_is_hard_linked(tmp_path: Path, source: Path) -> None:
    place(source, tmp_path / "saved" / "deep" / "name")
    assert (tmp_path / "saved" / "deep" / "name").samefile(source)


def test_a_file_is_copied_where_links_do_not_work(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    place(source, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "content"
    assert not (tmp_path / "copy").samefile(source)


def test_placing_twice_changes_nothing(tmp_path: Path, source: Path) -> None:
    for _ in range(2):
        place(source, tmp_path / "name")
    assert (tmp_path / "name").read_text() == "content"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["name", "source.txt"]


def test_placing_a_file_over_itself_changes_nothing(source: Path) -> None:
    place(source, source)
    assert source.read_text() == "content"


def test_another_file_is_replaced(tmp_path: Path, source: Path) -> None:
    (tmp_path / "name").write_text("former")
    place(source, tmp_path / "name")
    assert (tmp_path / "name").read_text() == "content"


def test_a_folder_replaces_a_folder_and_a_file_a_folder(tmp_path: Path, source: Path) -> None:
    folder, saved = tmp_path / "folder", tmp_path / "saved"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("a")
    saved.mkdir()
    (saved / "old").write_text("old")
    place(folder, saved)
    assert [p.name for p in saved.iterdir()] == ["sub"]
    assert (saved / "sub" / "a").samefile(folder / "sub" / "a")
    place(source, saved)
    assert saved.read_text() == "content"


def test_the_content_of_a_link_is_what_is_saved(tmp_path: Path, source: Path) -> None:
    (tmp_path / "link").symlink_to(source)
    place(tmp_path / "link", tmp_path / "name")
    source.unlink()
    assert (tmp_path / "name").read_text() == "content"
    assert not (tmp_path / "name").is_symlink()


def test_without_a_folder_data_stay_where_they_are(source: Path) -> None:
    saved = SerializationContext().serialize(["path"], source, Table.C(path=source))
    assert saved == SerializedPath(source, False)


def test_two_files_cannot_have_the_same_place(tmp_path: Path, source: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("other")
    context = SerializationContext(tmp_path / "saved")
    context.serialize(["path"], source, Table.C(path=source))
    with pytest.raises(SerializationError, match=r"source\.txt and .*other\.txt .* path"):
        context.serialize(["path"], other, Table.C(path=other))


def test_a_missing_file_is_told_with_its_parameter(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(SerializationError, match=r"model\.path .*gone"):
        SerializationContext(tmp_path).serialize(["model", "path"], gone, Table.C(path=gone))


def test_names_are_pushed_for_the_length_of_a_block() -> None:
    context = SerializationContext()
    with context.push("a"), context.push("b"):
        assert (context.var_path, context.depth) == (["a", "b"], 2)
    assert context.depth == 0
