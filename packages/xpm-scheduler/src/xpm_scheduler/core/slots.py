"""A launcher's slots: how many jobs it runs, and who is next: the longest chain of work."""

from __future__ import annotations

import heapq

from xpm_store.states import JobState

from xpm_scheduler.core.jobs import JobNode


class SlotPool:
    """Counts the jobs of one launcher; of those that wait, the one most others wait behind is next.

    Among equals, first come first served. Complexity: logarithmic in the jobs that wait.
    """

    __slots__ = ("_arrivals", "_queue", "capacity", "used")

    def __init__(self, capacity: int | None) -> None:
        self.capacity = capacity
        self.used = 0
        self._arrivals = 0
        self._queue: list[tuple[int, int, JobNode]] = []

    @property
    def has_room(self) -> bool:
        """Whether one more job may run."""
        return self.capacity is None or self.used < self.capacity

    @property
    def is_free(self) -> bool:
        """Whether one more job may run, and none waits."""
        return self.has_room and not self._queue

    def push(self, node: JobNode) -> None:
        """The job waits for a slot; again when its height has changed meanwhile."""
        self._arrivals += 1
        heapq.heappush(self._queue, (-node.height, self._arrivals, node))

    def next_waiting(self) -> JobNode | None:
        """Takes the first job that still waits out of the queue, if there is room for it."""
        while self._queue and self.has_room:
            _, _, node = heapq.heappop(self._queue)
            # Those withdrawn, or started from a better place in the queue, are passed over here
            if node.state is JobState.READY and not node.is_withdrawn:
                return node
        return None
