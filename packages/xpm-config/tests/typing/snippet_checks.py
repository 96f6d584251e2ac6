"""Runs type checkers over the snippets, and compares what they say with the comments there.

`# R: T` expects the revealed type T on its line, `# E: text` an error that contains the text, in
any case. `# R[plugin,mypy]: T` is for some checkers only. A line may have several comments; an
error on a line that expects none is a difference.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKERS = ("plugin", "mypy", "pyright")
"""mypy with the plugin, mypy alone, and pyright in its standard mode."""

SNIPPETS = sorted((Path(__file__).parent / "snippets").glob("*.py"))
COMMENT = re.compile(r"# ([RE])(?:\[([\w,]+)\])?: (.*?)(?=\s+# [RE](?:\[[\w,]+\])?: |$)")
MYPY_LINE = re.compile(r"^(?P<file>.+?):(?P<line>\d+): (?P<level>error|note): (?P<text>.*)$")


@dataclass(frozen=True, slots=True)
class Said:
    """What a checker says of a line, or is expected to: a revealed type or an error."""

    line: int
    kind: str
    text: str


def expected(snippet: Path, checker: str) -> list[Said]:
    """What the comments of a snippet expect of a checker."""
    found = []
    for number, line in enumerate(snippet.read_text(encoding="utf-8").splitlines(), start=1):
        for kind, checkers, text in COMMENT.findall(line):
            if not checkers or checker in checkers.split(","):
                found.append(Said(number, kind, text))
    return found


def differences(expectations: Sequence[Said], said: Sequence[Said]) -> list[str]:
    """What was expected and not said, and the other way round.

    An error may answer several expectations: pyright names all missing arguments in one.
    """
    missing = [e for e in expectations if not any(_fits(e, s) for s in said)]
    unexpected = [s for s in said if not any(_fits(e, s) for e in expectations)]
    return [f"line {e.line}: expected {e.kind}: {e.text}" for e in missing] + [
        f"line {s.line}: said {s.kind}: {s.text}" for s in unexpected
    ]


def _fits(expectation: Said, said: Said) -> bool:
    if (expectation.line, expectation.kind) != (said.line, said.kind):
        return False
    if said.kind == "R":
        return expectation.text == said.text
    return expectation.text.lower() in said.text.lower()


# --- Running the checkers


def check_environment() -> dict[str, str]:
    """The environment of a checker: it finds the package of these tests, and no configuration."""
    source = str(package_source())
    return {**os.environ, "PYTHONPATH": source, "MYPYPATH": source, "NO_COLOR": "1"}


@cache
def package_source() -> Path:
    """The folder that holds `xpm_config`."""
    import xpm_config

    return Path(str(xpm_config.__file__)).parent.parent


def configure(folder: Path, *, plugin: bool, options: str = "") -> Path:
    """Writes a configuration of mypy, and of the plugin."""
    file = folder / "pyproject.toml"
    plugins = 'plugins = ["xpm_config.mypy"]\n' if plugin else ""
    file.write_text(f"[tool.mypy]\n{plugins}[tool.xpm-config-mypy]\n{options}", encoding="utf-8")
    return file


def mypy_command(python: str | Path, configuration: Path, *arguments: str) -> list[str]:
    """A run of mypy over what is beside its configuration."""
    return [
        str(python), "-m", "mypy", "--config-file", str(configuration), "--no-error-summary",
        "--no-color-output", "--no-pretty", "--hide-error-context", "--show-error-codes",
        "--cache-dir", str(configuration.parent / "cache"), *arguments,
    ]  # fmt: skip


def run_mypy(command: Sequence[str], cwd: Path) -> dict[str, list[Said]]:
    """What mypy says, by file name.

    Raises:
        RuntimeError: mypy itself failed.
    """
    done = subprocess.run(command, cwd=cwd, env=check_environment(), capture_output=True, text=True)
    if done.returncode not in (0, 1) or done.stderr:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return parse_mypy(done.stdout)


def parse_mypy(output: str) -> dict[str, list[Said]]:
    """The lines that mypy prints, by file name."""
    found: dict[str, list[Said]] = {}
    for match in map(MYPY_LINE.match, output.splitlines()):
        if match is None:
            continue
        revealed = re.match(r'Revealed type is "(.*)"$', match["text"])
        said = found.setdefault(Path(match["file"]).name, [])
        if revealed is not None:
            said.append(Said(int(match["line"]), "R", simplify(revealed.group(1))))
        elif match["level"] == "error":
            said.append(Said(int(match["line"]), "E", match["text"]))
    return found


def simplify(revealed: str) -> str:
    """A type as pyright writes it: without modules, unions with `|`."""
    text = re.sub(r"\b(?:\w+\.)+(?=\w)|`-?\d+", "", revealed)  # older mypy numbers type variables
    return re.sub(r"Union\[([^\[\]]*)\]", lambda m: m.group(1).replace(", ", " | "), text)


def run_pyright(files: Sequence[Path], folder: Path) -> dict[str, list[Said]]:
    """What pyright says, by file name."""
    configuration = folder / "pyrightconfig.json"
    configuration.write_text(
        json.dumps(
            {
                "typeCheckingMode": "standard",
                "include": [str(file) for file in files],
                "extraPaths": [str(package_source()), str(SNIPPETS[0].parent)],
            }
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            sys.executable, "-m", "basedpyright", "--project", str(configuration),
            "--outputjson", "--pythonpath", sys.executable,
        ],
        cwd=folder,
        env=check_environment(),
        capture_output=True,
        text=True,
    )  # fmt: skip
    found: dict[str, list[Said]] = {}
    for told in json.loads(done.stdout)["generalDiagnostics"]:
        line = told["range"]["start"]["line"] + 1
        said = found.setdefault(Path(told["file"]).name, [])
        revealed = re.match(r'Type of ".*" is "(.*)"$', told["message"], re.DOTALL)
        if revealed is not None:
            text = revealed.group(1).replace("List[", "list[")
            said.append(Said(line, "R", re.sub(r"Self@\w+", "Self", text)))
        elif told["severity"] == "error":
            said.append(Said(line, "E", f"{told['message']} ({told.get('rule')})"))
    return found


def check_all(
    checker: str, folder: Path, python: str | Path = sys.executable
) -> dict[str, list[Said]]:
    """What a checker says of all snippets, by file name: one run.

    Args:
        checker: one of `CHECKERS`.
        folder: an empty folder to work in.
        python: the interpreter that runs mypy.
    """
    if checker == "pyright":
        return run_pyright(SNIPPETS, folder)
    configuration = configure(folder, plugin=checker == "plugin")
    return run_mypy(mypy_command(python, configuration, *map(str, SNIPPETS)), folder)
