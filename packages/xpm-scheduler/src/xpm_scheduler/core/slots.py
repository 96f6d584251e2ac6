"""A launcher's slots: how many jobs it runs, and who waits for it, first come first served."""

from __future__ import annotations

from collections import deque

from xpm_store.states import JobState

from xpm_scheduler.core.jobs import JobNode


class SlotPool:
    """Counts the jobs of one launcher. Amortised constant time per job."""

    __slots__ = ("capacity", "queue", "used")

    def __init__(self, capacity: int | None) -> None:
        self.capacity = capacity
        self.used = 0
        self.queue: deque[JobNode] = deque()

    @property
    def has_room(self) -> bool:
        """Whether one more job may run."""
        return self.capacity is None or self.used < self.capacity

    def next_waiting(self) -> JobNode | None:
        """Takes the first job that still waits out of the queue, if there is room for it."""
        while self.queue and self.has_room:
            node = self.queue.popleft()
            # Those that were withdrawn while queued are passed over here: O(1) when it happens.
            if node.state is JobState.READY and not node.is_withdrawn:
                return node
        return None
