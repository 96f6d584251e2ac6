"""HyperQueue: a shell command per job, its cheapest kind of task; a local server and worker."""

import sys
from pathlib import Path

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig


def main(shape: str, count: int, folder: Path) -> None:
    with LocalCluster() as cluster:
        cluster.start_worker(WorkerConfig(cores=2))
        client = cluster.client()
        job = Job(max_fails=1)
        previous = None
        for number in range(count):
            previous = job.program(
                ["/bin/sh", "-c", f"echo {number} > {folder}/result-{number}"],
                stdout=None,
                stderr=None,
                deps=[previous] if shape == "chain" and previous is not None else [],
            )
        client.wait_for_jobs([client.submit(job)])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
