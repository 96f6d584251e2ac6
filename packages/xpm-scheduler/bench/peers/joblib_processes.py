"""joblib: functions in two long-lived worker processes, nothing recorded."""

import sys
from pathlib import Path

from joblib import Parallel, delayed


def write(folder: str, number: int) -> None:
    (Path(folder) / f"result-{number}").write_text(str(number))


def main(shape: str, count: int, folder: Path) -> None:
    with Parallel(n_jobs=2, batch_size=1) as parallel:
        if shape == "chain":
            for number in range(count):
                parallel([delayed(write)(str(folder), number)])
        else:
            parallel(delayed(write)(str(folder), number) for number in range(count))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
