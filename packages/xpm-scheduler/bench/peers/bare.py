"""Bare processes, nothing recorded: `fork`, or an interpreter that does nothing (`BARE=python`)."""

import os
import subprocess
import sys
from pathlib import Path


def main(count: int, folder: Path) -> None:
    for number in range(count):
        if os.environ.get("BARE") == "python":
            subprocess.run([sys.executable, "-c", "pass"], check=True)
        elif os.fork() == 0:
            (folder / f"result-{number}").write_text(str(number))
            os._exit(0)
        else:
            os.wait()


if __name__ == "__main__":
    main(int(sys.argv[2]), Path(sys.argv[3]))
