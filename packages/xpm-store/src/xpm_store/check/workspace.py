"""The whole check of a workspace."""

from __future__ import annotations

from xpm_store.check.agreement import disagreements
from xpm_store.check.findings import Finding
from xpm_store.check.jobs import check_jobs
from xpm_store.check.rest import check_rest
from xpm_store.check.runs import check_runs
from xpm_store.index import Index
from xpm_store.layout import Workspace
from xpm_store.versions import require_readable

__all__ = ["check"]


def check(workspace: Workspace, index: Index | None = None) -> list[Finding]:
    """Everything that is wrong with a workspace; changes nothing but the index.

    Files first, each by itself: runs, jobs, the rest. Then the index, against the files.

    Args:
        workspace: The workspace, which may be in use.
        index: Its index, when it is open already.

    Raises:
        NewerWorkspace: A later version wrote it: what looks like damage may not be.

    Complexity: every record, list and event of the workspace is read.
    """
    require_readable(workspace)
    found = [*check_runs(workspace), *check_jobs(workspace), *check_rest(workspace)]
    if index is not None:
        return found + disagreements(index)
    with Index.open(workspace) as opened:
        return found + disagreements(opened)
