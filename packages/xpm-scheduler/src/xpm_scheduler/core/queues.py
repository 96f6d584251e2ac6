"""Who waits for what is shared: in the order of their tickets, each thing on its own.

A job waits behind an older one only for what that older one was refused: those that need
something else pass by. A job that needs several things, and was refused now one and now another
`_PATIENCE` times, keeps its place for all of them, so that it is not passed by for ever.
"""

from __future__ import annotations

import heapq

from xpm_scheduler.core.jobs import JobNode, Line, SharedKey

_PATIENCE = 8


class SharedQueues:
    """The queues of all that is shared. Complexity: logarithmic in the jobs that wait."""

    __slots__ = ("_next_ticket", "_queues")

    def __init__(self) -> None:
        self._next_ticket = 0
        self._queues: dict[SharedKey, list[tuple[int, JobNode]]] = {}

    def give_ticket(self, line: Line) -> None:
        """The dependencies of the job are done: it comes after those that were ready before."""
        self._next_ticket += 1
        line.ticket = self._next_ticket
        line.refusals = 0

    def blocked_by(self, line: Line) -> SharedKey | None:
        """What an older job waits for, and this one needs too; None when it may try."""
        for key in line.demands:
            first = self.first(key)
            if first is not None and first.line is not line and _ticket(first) < line.ticket:
                return key
        return None

    def first(self, key: SharedKey) -> JobNode | None:
        """The oldest job that waits for it."""
        queue = self._queues.get(key)
        while queue:
            ticket, node = queue[0]
            line = node.line
            if line is not None and line.ticket == ticket and key in line.stands_in:
                return node
            heapq.heappop(queue)  # it left
        return None

    def enter(self, node: JobNode, line: Line, key: SharedKey) -> None:
        """The job waits for `key`, if it did not already."""
        line.blocker = key
        if key not in line.stands_in:
            line.stands_in.add(key)
            heapq.heappush(self._queues.setdefault(key, []), (line.ticket, node))

    def leave(self, line: Line, *, but: SharedKey | None = None) -> list[SharedKey]:
        """The job leaves its queues, and says which; when it moves to one, out of patience, none.

        Args:
            line: That of the job.
            but: The queue where it stays, or goes.
        """
        if but is not None and line.refusals >= _PATIENCE:
            return []
        left = sorted(line.stands_in - {but})
        line.stands_in.difference_update(left)
        return left


def _ticket(node: JobNode) -> int:
    assert node.line is not None
    return node.line.ticket
