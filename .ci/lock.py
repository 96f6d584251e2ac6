#!/usr/bin/env python3
"""Writes and checks the committed form of `uv.lock`, which names no package index.

    uv run .ci/lock.py             resolve (`uv lock` keeps versions), write the committed form
    uv run .ci/lock.py --upgrade   the same with newer versions (any option of `uv lock` will do)
    uv run .ci/lock.py --rewrite   only write the committed form of the lock that is there
    uv run .ci/lock.py --filter    the same from standard input to standard output, for git
    uv run .ci/lock.py --check     fail when what git would commit names a package index

The committed form pins names and versions, and nothing else: where to fetch them from is for the
client of whoever reads it. `docs/decisions/0001-a-lock-without-an-index.md` tells why.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "uv.lock"

_REGISTRY = re.compile(r'registry = "[^"]*"')
_URL = re.compile(r"https?://[^\s'\"]+")
_FILE_LISTS = ("sdist = ", "wheels = ")
_MEMBER_METADATA = "[package.metadata"
_NEXT_PACKAGE = "[[package]]"

# pip knows the public index and the host of its files, if an interpreter at hand has pip
_ASK_PIP = """
from pip._internal.models.index import PyPI as index
print(index.url, "https://" + index.file_storage_domain)
"""


def committed_form(lines: Iterable[str]) -> Iterator[str]:
    """Yields the lines of a lock without hosts, lists of files and metadata of the members."""
    in_metadata = in_files = False
    for line in lines:
        if line.startswith(_MEMBER_METADATA):
            in_metadata = True
        elif line.startswith(_NEXT_PACKAGE):
            in_metadata = False
        if in_metadata:
            continue
        if in_files:
            in_files = not line.startswith("]")
        elif line.startswith(_FILE_LISTS):
            in_files = line.rstrip().endswith("[")
        else:
            yield _REGISTRY.sub('registry = "index"', line)


def rewritten(text: str) -> str:
    """Returns the committed form of a lock, given as text; the committed form is kept as it is."""
    return "".join(committed_form(text.splitlines(keepends=True))).rstrip("\n") + "\n"


def rewrite() -> None:
    """Puts the committed form in the place of the lock, when they differ."""
    before = LOCK.read_text(encoding="utf-8")
    after = rewritten(before)
    if after != before:
        LOCK.write_text(after, encoding="utf-8")
        print("uv.lock: written in its committed form")


def index_hosts() -> list[str]:
    """Asks the clients of this machine for the hosts of their indexes: none is written here.

    uv names its index, pip the public one and its files; the variables and the settings of both
    name mirrors; a lock that uv completed names what it was completed from.
    """
    answers = [
        _answer("uv", "pip", "compile", "--quiet", "--emit-index-url", "-", "--no-header"),
        _answer("python3", "-c", _ASK_PIP),
        _answer(sys.executable, "-c", _ASK_PIP),
        _answer("python3", "-m", "pip", "config", "list"),
        *(value for name, value in os.environ.items() if "INDEX" in name),
        LOCK.read_text(encoding="utf-8") if LOCK.is_file() else "",
    ]
    hosts = {urlsplit(url).hostname for answer in answers for url in _URL.findall(answer)}
    return sorted(host for host in hosts if host and "." in host)


def check() -> int:
    """Tells which committed lines name a package index, and returns the exit code."""
    problems = []
    lock = _git("show", ":uv.lock")
    if lock != rewritten(lock):
        problems.append("uv.lock: not in its committed form; uv run .ci/lock.py && git add uv.lock")
    hosts = index_hosts()
    if hosts:
        patterns = [option for host in hosts for option in ("-e", host)]
        found = _git("grep", "--cached", "-nIF", *patterns, "--", ".", ":!uv.lock").splitlines()
        problems += [f"{line[:120]}  <- names a package index" for line in found]
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        return 1
    print(f"no committed file names one of the {len(hosts)} known hosts of package indexes")
    return 0


def _answer(*command: str) -> str:
    """What a client prints; nothing when it is missing or refuses."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, input="", check=False)
    except FileNotFoundError:
        return ""
    return done.stdout


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode > 1 or (done.returncode == 1 and done.stderr):
        sys.exit(f"git {' '.join(arguments[:2])}: {done.stderr.strip()}")
    return done.stdout


def main(arguments: list[str]) -> int:
    """Does what the first argument asks, see the top of this file."""
    match arguments:
        case ["--check"]:
            return check()
        case ["--rewrite"]:
            rewrite()
        case ["--filter"]:
            sys.stdout.write(rewritten(sys.stdin.read()))
        case ["--help" | "-h"]:
            print(__doc__)
        case options:
            subprocess.run(["uv", "lock", *options], cwd=ROOT, check=True)
            rewrite()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
