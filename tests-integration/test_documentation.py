"""The pages of the documentation do what they say: their files are written, their commands run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import ROOT, clean_environment, run

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# ([\w/]+\.(?:py|yaml))\n")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    language: str
    text: str

    @property
    def file_name(self) -> str | None:
        """The file that the block holds, which its first line names."""
        match = FILE_NAME.match(self.text)
        return match[1] if match else None


def blocks(page: Path) -> Iterator[Block]:
    for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        yield Block(language, text)


def pages_with_code() -> list[Path]:
    """Those that hold a file or a session of a terminal."""
    return [
        page
        for page in PAGES
        if any(block.file_name or block.language == "console" for block in blocks(page))
    ]


@pytest.mark.parametrize("page", pages_with_code(), ids=lambda path: path.name)
def test_what_a_page_shows_works(page: Path, tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    programs = Path(sys.executable).parent
    env = clean_environment(home, PATH=f"{programs}:/usr/bin:/bin")
    for block in blocks(page):
        if block.file_name is not None:
            (folder / block.file_name).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            for line in block.text.splitlines():
                if line.startswith("$ "):
                    run(["sh", "-c", line[2:]], env=env, cwd=folder)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_python_block_of_a_page_is_valid(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python":
            compile(block.text, str(page), "exec")


def test_the_reference_of_the_command_line_is_what_the_commands_say() -> None:
    from xpm_cli.reference_page import page

    written = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    # `python -m xpm_cli.reference_page > docs/reference/cli.md` writes it again
    assert written == page()
