"""Compares this wheel with its peers, and prints a Markdown table.

    python packages/xpm-config/bench/run.py [--rounds 3]

Each contender has an environment of its own, made with `uv` in the user's cache folder and kept
for the next time. Rounds are interleaved: each runs every contender once; medians are printed.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "xpm-config-bench"
CONTENDERS = {
    "xpm_config": [str(HERE.parent)],
    "experimaestro": ["experimaestro==2.7.0"],
    "pydantic": ["pydantic>=2,<3"],
    "attrs": ["attrs"],
}
IMPORTS = {
    "xpm_config": "from xpm_config import Config, Param",
    "experimaestro": "from experimaestro import Config, Param",
}

Results = dict[str, dict[str, list[float]]]


def environment(name: str) -> Path:
    """The interpreter of a contender, installed if it is not; ours is installed anew."""
    folder = CACHE / name
    python = folder / "bin" / "python"
    is_new = not python.exists()
    if is_new:
        subprocess.run(["uv", "venv", "-q", "--python", sys.executable, str(folder)], check=True)
    if is_new or name == "xpm_config":
        again = ["--reinstall-package", "xpm-config"] if name == "xpm_config" else []
        install = [
            "uv",
            "pip",
            "install",
            "-q",
            "--compile-bytecode",
            "--python",
            str(python),
            *again,
            *CONTENDERS[name],
        ]
        subprocess.run(install, check=True)
    return python


def cpu_seconds(python: Path, code: str) -> float:
    """The processor time of an interpreter that runs `code`; the best of five."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([str(python), "-c", code], check=True, cwd=CACHE, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def run_round(pythons: dict[str, Path], results: Results) -> None:
    """Every contender once."""
    for name, python in pythons.items():
        command = [str(python), str(HERE / "workloads.py"), name]
        quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
        run = subprocess.run(
            command, check=True, cwd=CACHE, capture_output=True, text=True, env=quiet
        )
        found = json.loads(run.stdout.strip().splitlines()[-1])
        if name in IMPORTS:
            found["bare"] = cpu_seconds(python, "pass")
            found["import"] = cpu_seconds(python, IMPORTS[name])
        for key, value in found.items():
            results.setdefault(name, {}).setdefault(key, []).append(value)


def table(results: Results) -> str:
    """The medians, ours beside those of the peers."""
    median = {n: {k: statistics.median(v) for k, v in r.items()} for n, r in results.items()}
    ours, theirs = median["xpm_config"], median["experimaestro"]
    pydantic, attrs = median["pydantic"], median["attrs"]

    def milliseconds(key: str) -> tuple[str, str, str]:
        return f"{ours[key] * 1e3:.2f} ms", f"{theirs[key] * 1e3:.2f} ms", times(key)

    def rate(key: str) -> tuple[str, str, str]:
        return f"{1 / ours[key]:,.0f}/s", f"{1 / theirs[key]:,.0f}/s", times(key)

    def times(key: str) -> str:
        return f"{theirs[key] / ours[key]:.1f}x"

    def beside(key: str, floor: str) -> tuple[str, str, str]:
        """Ours, and a part of it that nothing can do without."""
        ratio = f"{ours[floor] / ours[key]:.2f}x"
        return f"{ours[key] * 1e3:.2f} ms", f"{ours[floor] * 1e3:.2f} ms", ratio

    loaded = tuple(f"{(m['import'] - m['bare']) * 1e3:.1f} ms" for m in (ours, theirs))
    rows = [
        ("import, above a bare interpreter", *loaded, "", "≤ 40 ms"),
        ("import, whole process", *milliseconds("import"), "≥ 9x"),
        *(
            (f"save, tree of {n:,} nodes", *milliseconds(f"save {n}"), "≥ 20x")
            for n in (1000, 10_000)
        ),
        *(
            (f"load, tree of {n:,} nodes", *milliseconds(f"load {n}"), "≥ 5x")
            for n in (1000, 10_000)
        ),
        ("`C()`, 10 fields, checked", *rate("build"), "≥ 20x"),
        (
            "the same, pydantic 2",
            f"{1 / ours['build']:,.0f}/s",
            f"{1 / pydantic['build']:,.0f}/s",
            f"{pydantic['build'] / ours['build']:.2f}x",
            "≥ 0.5x",
        ),
        (
            "the same, attrs with validators",
            f"{1 / ours['build']:,.0f}/s",
            f"{1 / attrs['build']:,.0f}/s",
            f"{attrs['build'] / ours['build']:.2f}x",
            "",
        ),
        ("reading a parameter", *rate("read"), "≥ 10x"),
        ("identifier, flat, 10 fields", *rate("identifier flat"), "≥ 12x"),
        ("identifier, tree of 1,000 nodes", *milliseconds("identifier tree 1000"), "≤ 4 ms"),
        ("identifier, diamond of 16 levels", *milliseconds("identifier diamond 16"), "≤ 1 ms"),
        ("identifier, list of 100,000 floats", *milliseconds("identifier floats"), ""),
        (
            "the same, beside SHA-256 alone, fed element by element",
            *beside("identifier floats", "sha256 floats, by element"),
            "≥ 0.5x",
        ),
        (
            "the same, beside SHA-256 alone, of the whole stream at once",
            *beside("identifier floats", "sha256 floats"),
            "",
        ),
        (
            "memory, 10 fields",
            f"{ours['memory']:.0f} B",
            f"{theirs['memory']:.0f} B",
            times("memory"),
            "≤ 1 kB",
        ),
    ]
    lines = ["| what | xpm-config | peer | ratio | to reach |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    CACHE.mkdir(parents=True, exist_ok=True)
    pythons = {name: environment(name) for name in CONTENDERS}
    results: Results = {}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        run_round(pythons, results)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(table(results))


if __name__ == "__main__":
    main()
