"""Dask: functions in two long-lived worker processes, nothing recorded."""

import sys
from pathlib import Path

from distributed import Client, LocalCluster


def write(folder: str, number: int, _after: object = None) -> int:
    (Path(folder) / f"result-{number}").write_text(str(number))
    return number


def main(shape: str, count: int, folder: Path) -> None:
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        futures = []
        for number in range(count):
            after = futures[-1] if shape == "chain" and futures else None
            futures.append(client.submit(write, str(folder), number, after, pure=False))
        client.gather(futures)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
