"""submitit's local executor: an interpreter per job. It has no limit on jobs at once: by twos."""

import sys
from pathlib import Path

import submitit


def write(folder: str, number: int) -> None:
    (Path(folder) / f"result-{number}").write_text(str(number))


def main(shape: str, count: int, folder: Path) -> None:
    executor = submitit.LocalExecutor(folder=folder / "jobs")
    executor.update_parameters(timeout_min=10)
    step = 1 if shape == "chain" else 2
    for first in range(0, count, step):
        numbers = range(first, min(first + step, count))
        for job in [executor.submit(write, str(folder), number) for number in numbers]:
            job.result()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
