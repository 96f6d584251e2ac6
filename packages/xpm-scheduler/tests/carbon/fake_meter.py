"""A meter that reports each job that it is told of, and writes what it was told."""

import json
import sys
from pathlib import Path

with Path("told.jsonl").open("a") as told:
    for line in sys.stdin:
        told.write(line)
        told.flush()
        print(json.loads(line)["job"], flush=True)
