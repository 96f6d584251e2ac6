"""Times saving and loading, for growing trees and chains of configurations.

    python bench/serialization.py                                  # this wheel
    peer/bin/python bench/serialization.py --module experimaestro  # 2.7.0, in its environment

Each figure is the median of several runs, in milliseconds of processor time.
"""

import argparse
import importlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--module", default="xpm_config", help="where the names are imported from")
parser.add_argument("--sizes", type=int, nargs="+", default=[2_500, 5_000, 10_000])
parser.add_argument("--runs", type=int, default=5)
parser.add_argument("--shape", choices=["tree", "chain"], nargs="+", default=["tree"])
options = parser.parse_args()
xpm: Any = importlib.import_module(options.module)


class Node(xpm.Config):  # type: ignore[misc]
    """A node of a tree."""

    x: xpm.Param[int]
    name: xpm.Param[str] = xpm.field(default="n", ignore_default=True)
    lr: xpm.Param[float] = xpm.field(default=0.1)
    children: xpm.Param[list[xpm.Config]]


class Link(xpm.Config):  # type: ignore[misc]
    """A link of a chain."""

    x: xpm.Param[int]
    previous: xpm.Param[xpm.Config | None]


def tree(size: int) -> Any:
    """A tree of about `size` nodes, each with ten children or none."""
    level = [Node.C(x=i, children=[]) for i in range(size * 9 // 10)]
    count = 0
    while len(level) > 1:
        parents = []
        for start in range(0, len(level), 10):
            count += 1
            parents.append(Node.C(x=-count, children=level[start : start + 10]))
        level = parents
    return level[0]


def chain(size: int) -> Any:
    """A chain of `size` links."""
    link = None
    for x in range(size):
        link = Link.C(x=x, previous=link)
    return link


def milliseconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.process_time()
    action()
    return (time.process_time() - start) * 1e3


def times_of(config: Any) -> tuple[float, float, float]:
    """How long saving takes, loading, and loading as value objects."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return (
            milliseconds(lambda: xpm.save(config, folder)),
            milliseconds(lambda: xpm.load(folder)),
            milliseconds(lambda: xpm.load(folder, as_instance=True)),
        )


def main() -> None:
    """Print a table."""
    print(options.module)
    print(f"{'shape':>6} {'nodes':>7} {'save':>8} {'load':>8} {'as instance':>12}")
    for shape in options.shape:
        for size in options.sizes:
            make = {"tree": tree, "chain": chain}[shape]
            times = [times_of(make(size)) for _ in range(options.runs)]
            save, load, instance = map(statistics.median, zip(*times, strict=True))
            print(f"{shape:>6} {size:>7} {save:8.0f} {load:8.0f} {instance:12.0f}", flush=True)


if __name__ == "__main__":
    main()
