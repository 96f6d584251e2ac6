"""Logs: unchanged in a pipe, safe on a terminal, followed across a restart."""

from __future__ import annotations

from pathlib import Path

import pytest
from xpm_cli.log_view import follow, safe_for_terminal, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"),
        ("10%\r50%\r100%\nnext", "100%\nnext"),
        ("windows\r\n", "windows\n"),
    ],
)
def test_colours_stay_and_what_moves_the_cursor_is_escaped(text: str, shown: str) -> None:
    assert safe_for_terminal(text) == shown


def test_a_pipe_gets_the_bytes_as_they_are(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "log").write_bytes(b"\xff\x00\x1b[2J\r\n")

    show(tmp_path / "log")

    assert capfdbinary.readouterr().out == b"\xff\x00\x1b[2J\r\n"


def test_following_shows_what_is_added_until_the_end(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log"
    # None: the log does not exist yet; its inode is another one when the job is started again
    contents = iter([None, b"one\n", b"one\ntwo\n", b"again\n"])

    def is_over() -> bool:
        content = next(contents, b"")
        if content == b"again\n":
            log.unlink()
        if content:
            log.write_bytes(content)
        return content == b""

    monkeypatch.setattr("xpm_cli.log_view.FOLLOW_INTERVAL_S", 0.0)
    follow(log, is_over)

    assert capfdbinary.readouterr().out == b"one\ntwo\nagain\n"
