"""What is measured, in the interpreter that runs it: `python workloads.py LIBRARY` prints JSON.

LIBRARY is `xpm_config`, `experimaestro`, `pydantic` or `attrs`. Times are in seconds of the
processor: what else the machine does at the same time disturbs them less.
"""

import hashlib
import json
import os
import random
import struct
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBRARY = sys.argv[1]
VALUES: dict[str, Any] = {
    "a": 1,
    "b": 2,
    "c": 1.0,
    "d": 2.0,
    "e": "x",
    "f": "y",
    "g": True,
    "h": 4,
    "i": 5.0,
    "j": "z",
}
KINDS: dict[str, type] = {name: type(value) for name, value in VALUES.items()}


def best(action: Callable[[Any], object], prepare: Callable[[], Any], repeat: int) -> float:
    """The shortest processor time of `action`, each time on something newly prepared."""
    found = []
    for _ in range(repeat):
        prepared = prepare()
        start = time.process_time()
        action(prepared)
        found.append(time.process_time() - start)
    return min(found)


def per_call(call: Callable[[], object], number: int) -> float:
    """Seconds per call, the best of five loops."""

    def loop(_: object) -> None:
        for _ in range(number):
            call()

    return best(loop, lambda: None, 5) / number


def measure_flat(flat: Callable[..., Any], found: dict[str, float]) -> None:
    """Building, reading and the memory of a flat class of ten fields."""
    found["build"] = per_call(lambda: flat(**VALUES), 3000)
    one = flat(**VALUES)
    rounds = range(100_000)

    def read(_: object) -> None:
        for _ in rounds:
            one.a  # noqa: B018

    found["read"] = best(read, lambda: None, 5) / len(rounds)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [flat(**VALUES) for _ in range(2000)]
    found["memory"] = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    tracemalloc.stop()


def peers(found: dict[str, float]) -> None:
    """The same flat class, in pydantic or attrs."""
    if LIBRARY == "pydantic":
        import pydantic

        measure_flat(
            pydantic.create_model("Flat", **{n: (k, ...) for n, k in KINDS.items()}), found
        )
        return
    import attrs

    fields = {
        n: attrs.field(type=k, validator=attrs.validators.instance_of(k)) for n, k in KINDS.items()
    }
    measure_flat(attrs.make_class("Flat", fields, kw_only=True), found)


def configurations(found: dict[str, float]) -> None:
    """Everything, with configurations."""
    os.environ["BENCH_LIBRARY"] = LIBRARY
    from measured.declared import Flat, Floats, Node, library

    measure_flat(Flat.C, found)

    def identify(config: Any) -> None:
        config.__xpm__.identifier.all  # noqa: B018

    def identify_all(configs: list[Any]) -> None:
        for config in configs:
            identify(config)

    many = 500
    found["identifier flat"] = (
        best(identify_all, lambda: [Flat.C(**VALUES) for _ in range(many)], 5) / many
    )

    def binary(count: int) -> Any:
        nodes = [Node.C(n=i) for i in range(count)]
        for i, parent in enumerate(nodes):
            for name, below in (("left", 2 * i + 1), ("right", 2 * i + 2)):
                if below < count:
                    setattr(parent, name, nodes[below])
        return nodes[0]

    def diamond(levels: int) -> Any:
        top = Node.C(n=0)
        for i in range(levels):
            top = Node.C(n=i, left=top, right=top)
        return top

    found["identifier tree 1000"] = best(identify, lambda: binary(1000), 5)
    found["identifier diamond 16"] = best(
        identify, lambda: diamond(16), 1 if LIBRARY == "experimaestro" else 5
    )
    random.seed(1)
    numbers = [random.random() for _ in range(100_000)]
    found["identifier floats"] = best(identify, lambda: Floats.C(v=numbers), 5)
    found["sha256 floats"] = best(hash_at_once, lambda: stream(numbers), 5)
    found["sha256 floats, by element"] = best(hash_by_element, lambda: numbers, 3)
    measure_files(library, binary, found)


def stream(numbers: list[float]) -> bytes:
    return b"".join(b"\x02" + struct.pack(">d", x) for x in numbers)


def hash_at_once(data: bytes) -> None:
    hashlib.sha256(data).digest()


def hash_by_element(numbers: list[float]) -> None:
    digest = hashlib.sha256()
    for number in numbers:
        digest.update(b"\x02")
        digest.update(struct.pack(">d", number))


def measure_files(library: Any, binary: Callable[[int], Any], found: dict[str, float]) -> None:
    """Saving and loading trees of two sizes."""
    for count, repeat in ((1000, 3), (10_000, 1)):
        saved, loaded = [], []
        for _ in range(repeat):
            with tempfile.TemporaryDirectory() as folder:
                tree = binary(count)
                start = time.process_time()
                library.save(tree, Path(folder))
                saved.append(time.process_time() - start)
                start = time.process_time()
                library.load(Path(folder))
                loaded.append(time.process_time() - start)
        found[f"save {count}"], found[f"load {count}"] = min(saved), min(loaded)


if __name__ == "__main__":
    results: dict[str, float] = {}
    if LIBRARY in ("pydantic", "attrs"):
        peers(results)
    else:
        configurations(results)
    print(json.dumps(results))
