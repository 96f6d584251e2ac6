"""snakemake: a shell command per job, its cheapest kind of job."""

import subprocess
import sys
from pathlib import Path

INDEPENDENT = """
rule all:
    input: expand("result-{{n}}", n=range({count}))
rule write:
    output: "result-{{n}}"
    shell: "echo {{wildcards.n}} > {{output}}"
"""
CHAIN = """
rule all:
    input: "result-{last}"
rule write:
    input: lambda w: [] if w.n == "0" else f"result-{{int(w.n) - 1}}"
    output: "result-{{n}}"
    shell: "echo {{wildcards.n}} > {{output}}"
"""


def main(shape: str, count: int, folder: Path) -> None:
    text = CHAIN if shape == "chain" else INDEPENDENT
    (folder / "Snakefile").write_text(text.format(count=count, last=count - 1))
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all"]
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
