"""Prints, as Markdown, what each type checker makes of each snippet of `tests/typing/snippets`.

    uv run python packages/xpm-config/bench/typing_table.py

A cell says how much of the behaviour wanted (that of mypy with the plugin) the checker has: `all`,
or how many of its types and errors. `!` marks a snippet whose checker does not do as expected.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "typing"))

from snippet_checks import (
    CHECKERS,
    SNIPPETS,
    Said,
    check_all,
    differences,
    expected,
)

TITLES = {"plugin": "mypy with the plugin", "mypy": "mypy", "pyright": "pyright"}


def cell(snippet: Path, checker: str, said: list[Said]) -> str:
    """How much of what the plugin gives, the checker gives; and whether it is as expected."""
    wanted = expected(snippet, "plugin")
    lacking = {d.split(":")[0] for d in differences(_by_line(wanted), _by_line(said))}
    lines = {s.line for s in wanted} | {s.line for s in said}
    share = "all" if not lacking else f"{len(lines) - len(lacking)} of {len(lines)}"
    return share + (" !" if differences(expected(snippet, checker), said) else "")


def _by_line(said: list[Said]) -> list[Said]:
    """Types as they are, errors by their line alone: each checker has words of its own."""
    return [s if s.kind == "R" else Said(s.line, "E", "") for s in said]


def main() -> None:
    """Runs the checkers, and prints the table."""
    with tempfile.TemporaryDirectory() as name:
        told = {}
        for checker in CHECKERS:
            folder = Path(name) / checker
            folder.mkdir()
            told[checker] = check_all(checker, folder)
    print("| snippet |", " | ".join(TITLES[c] for c in CHECKERS), "|")
    print("|---|" + "---|" * len(CHECKERS))
    for snippet in SNIPPETS:
        cells = (cell(snippet, c, told[c].get(snippet.name, [])) for c in CHECKERS)
        title = snippet.stem.partition("_")[2].replace("_", " ")
        print(f"| {title} |", " | ".join(cells), "|")


if __name__ == "__main__":
    main()
