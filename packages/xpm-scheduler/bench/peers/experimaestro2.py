"""experimaestro 2.7.0: a process per job. It has no limit of its own on jobs at once."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from experimaestro import experiment
from experimaestro2_task import Write


def main(shape: str, count: int, folder: Path) -> None:
    with experiment(folder / "work", "bench") as xp:
        token = xp.workspace.connector.createtoken("cores", 2) if shape != "chain" else None
        previous = None
        for number in range(count):
            task = Write.C(number=number, after=previous if shape == "chain" else None)
            if token is not None:
                task.add_dependencies(token.dependency(1))
            previous = task.submit()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
