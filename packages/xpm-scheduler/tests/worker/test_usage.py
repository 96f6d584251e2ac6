from __future__ import annotations

import subprocess
import sys
import time

from xpm_scheduler.worker.usage import UsageMeter


def test_only_what_is_used_from_the_start_on_counts() -> None:
    while time.process_time() < 0.3:
        pass
    usage = UsageMeter().read()
    assert usage["cpu_time_s"] < 0.3


def test_the_processor_time_of_children_counts() -> None:
    meter = UsageMeter()
    program = "import time\nwhile time.process_time() < 0.2: pass"
    subprocess.run([sys.executable, "-S", "-c", program], check=True)
    assert meter.read()["cpu_time_s"] >= 0.19


def test_the_peak_is_that_of_the_process_in_bytes() -> None:
    peak = UsageMeter().read()["peak_memory_bytes"]
    assert 5_000_000 < peak < 50_000_000_000
