"""The workloads of `scheduler.py`, each in a fresh process: WORKLOAD ROOT COUNT; prints a figure.

The first two run with experimaestro 2.7.0 too: they use nothing but its names.
"""

import json
import logging
import os
import select
import sys
import threading
import time
from pathlib import Path

try:
    from xpm_config.fields import Meta, Param, field
    from xpm_config.tasks import Task
    from xpm_scheduler import experiment

    OPTIONS = {"project_paths": ["."]}
except ImportError:
    from experimaestro import Meta, Param, Task, experiment, field

    OPTIONS = {"no_environmental_impact": True}


class Work(Task):
    """Does nothing."""

    number: Param[int]

    def execute(self):
        pass


class Gate(Task):
    """Waits until somebody writes in a FIFO."""

    number: Param[int]
    gate: Meta[Path]

    def execute(self):
        self.gate.read_bytes()


class After(Task):
    """Comes after another task."""

    number: Param[int]
    first: Param[Task]
    other: Param[int] = field(default=0)

    def execute(self):
        pass


def open_experiment(root, name="bench"):
    return experiment(root, name, **OPTIONS)


def gate(root, number=0):
    path = Path(root) / f"gate-{number}"
    if not path.exists():
        os.mkfifo(path)
    return Gate.C(number=number, gate=path), path


def cpu_ms(count, run):
    """Processor time of this process, for each of `count`, in milliseconds."""
    before = time.process_time()
    run()
    return (time.process_time() - before) / count * 1e3


def run_all(root, count):
    with open_experiment(root):
        for number in range(count):
            Work.C(number=number).submit()


def again(root, count):
    """The same experiment again: everything is done. Markers are made by hand, once."""
    name = Work.__module__.lower() + ".work"
    for number in range(count):
        task = Work.C(number=number)
        identifier = task.__xpm__.identifier
        hexadecimal = identifier.all.hex() if hasattr(identifier, "all") else str(identifier)
        folder = Path(root) / "jobs" / name / hexadecimal
        folder.mkdir(parents=True)
        (folder / "work.done").touch()
    return cpu_ms(count, lambda: run_all(root, count))


def own(root, count):
    """Own processor time of the scheduler for each job, from its submission to its end."""
    return cpu_ms(count, lambda: run_all(root, count))


def resident_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def waiting(root, count, measure):
    """Measures while `count` jobs wait for one."""
    first, path = gate(root)
    with open_experiment(root) as xp:
        first.submit()
        warm = [After.C(number=-number - 1, first=first).submit() for number in range(100)]
        xp.scheduler.catch_up()
        start = measure()
        for number in range(count):
            After.C(number=number, first=first, other=len(warm)).submit()
        xp.scheduler.catch_up()
        found = measure() - start
        xp.stop()
        path.write_text("go")
    return found


def memory(root, count):
    """Memory of a job that waits, its configuration included, in kB."""
    return waiting(root, count, resident_kb) / count


def threads(root, count):
    """Threads of the scheduler's process while jobs wait."""
    highest = [0]

    def measure():
        highest[0] = max(highest[0], threading.active_count())
        return 0

    waiting(root, count, measure)
    return highest[0]


class ProcessEnd:
    """Notes when the process of a job is gone, in a thread of its own."""

    def __init__(self, job):
        pid = json.loads(job.pidpath.read_text())["pid"]
        self.at = None
        self._fd = os.pidfd_open(pid)
        self._thread = threading.Thread(target=self._wait)
        self._thread.start()

    def _wait(self):
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        poll.poll()
        self.at = time.perf_counter()
        os.close(self._fd)

    def join(self):
        self._thread.join()
        return self.at


def running(task):
    """Blocks until the job of a task runs."""
    while task.job.state.value != "running":
        time.sleep(0.001)


def end_to_wait(root, count):
    """From the end of a job's process to the return of `wait()`, in milliseconds; the median."""
    found = []
    with open_experiment(root):
        for number in range(count):
            task, path = gate(root, number)
            task.submit()
            running(task)
            end = ProcessEnd(task.job)
            path.write_text("go")
            task.job.wait()
            now = time.perf_counter()
            found.append((now - end.join()) * 1e3)
    return sorted(found)[count // 2]


def end_to_dependent(root, count):
    """From the end of a job's process to its dependent's process being there, in ms; the median."""
    started = {}

    class Tell:
        def on_job_state_changed(self, job):
            if job.state.value == "running":
                started.setdefault(job.identifier, time.perf_counter())

    found = []
    with open_experiment(root) as xp:
        xp.scheduler.addlistener(Tell())
        for number in range(count):
            task, path = gate(root, number)
            task.submit()
            next_task = After.C(number=number, first=task)
            next_task.submit()
            running(task)
            end = ProcessEnd(task.job)
            path.write_text("go")
            next_task.job.wait()
            found.append((started[next_task.job.identifier] - end.join()) * 1e3)
    return sorted(found)[count // 2]


def reattached(root, count):
    """From the end of the last job, found running, to the experiment being left, in ms; median."""
    from xpm_scheduler.errors import GracefulExperimentExit

    found = []
    for number in range(count):
        task, path = gate(root, number)
        with open_experiment(root, f"bench-{number}"):
            task.submit()
            running(task)
            raise GracefulExperimentExit
        task, path = gate(root, number)
        with open_experiment(root, f"bench-{number}"):
            task.submit()
            running(task)
            end = ProcessEnd(task.job)
            path.write_text("go")
        now = time.perf_counter()
        found.append((now - end.join()) * 1e3)
    return sorted(found)[count // 2]


WORKLOADS = (again, own, memory, threads, end_to_wait, end_to_dependent, reattached)

if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    chosen = {workload.__name__: workload for workload in WORKLOADS}[sys.argv[1]]
    print(json.dumps(chosen(sys.argv[2], int(sys.argv[3]))))
