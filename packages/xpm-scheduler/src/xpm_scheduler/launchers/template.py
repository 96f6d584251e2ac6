"""Which template starts a job: one per set of variables, a branch of it per set of modules.

When one fails, for whatever reason, the job is started in the next best way: by a branch that has
imported its modules, by the template, which has imported the worker only, or cold. A process that
the former one may have started all the same finds the job taken, and leaves.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from xpm_store.layout import JobFolder

from xpm_scheduler.deadline import DEADLINE_VARIABLE
from xpm_scheduler.launchers.inheritance import inherited_settings
from xpm_scheduler.launchers.needs import needed_classes
from xpm_scheduler.launchers.template_process import Template, TemplateFailed
from xpm_scheduler.processes import LocalProcess

__all__ = ["StartCounts", "TemplateFailed", "Templates"]

logger = logging.getLogger("xpm.scheduler")

_MOST_TEMPLATES = 4
_MOST_BRANCHES = 8
_MOST_TRIES = 3
"""One branch that turns out to be stale, one that reads a file while it is edited, one more."""
_EDIT_S = 0.03
"""The resolution of the times of files: an edit that is older than that is seen as one."""

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(slots=True)
class StartCounts:
    """How the jobs of a launcher were started.

    Attributes:
        cold: In an interpreter of their own.
        warm: As forks of a template.
        imported: As forks of a template that had imported their modules; counted in `warm` too.
    """

    cold: int = 0
    warm: int = 0
    imported: int = 0


class Templates:
    """The templates of a launcher, started when they are needed.

    Args:
        starts: Where jobs that were started are counted.

    Concurrency: used from one event loop at a time; those of a former loop are dropped.
    """

    def __init__(self, starts: StartCounts) -> None:
        self._starts = starts
        self._loop: asyncio.AbstractEventLoop | None = None
        self._templates: OrderedDict[Hashable, Template] = OrderedDict()
        self._branches: OrderedDict[Hashable, Template] = OrderedDict()
        self._refused: set[Hashable] = set()

    async def start(
        self,
        folder: JobFolder,
        environment: Mapping[str, str],
        own: Mapping[str, str],
        python_path: Sequence[str],
    ) -> LocalProcess:
        """Start the script of a job, whose logs are there to append to.

        Args:
            folder: The job.
            environment: All the variables that its process inherits: jobs with the same ones share
                a template.
            own: The variables that are this job's only.
            python_path: The folders that it searches first.

        Raises:
            TemplateFailed: Nothing was started, as far as is known.
        """
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self.close()
            self._loop = loop
        key = (frozenset(environment.items()), inherited_settings())
        template = self._templates.get(key)
        if template is None or template.is_over:
            _make_room(self._templates, _MOST_TEMPLATES)
            template = self._templates[key] = Template.spawn(environment)
        self._templates.move_to_end(key)
        process = await self._start_in_branch(key, template, folder, own, python_path)
        if process is None:
            process = await template.start(folder, own)
        else:
            self._starts.imported += 1
        self._starts.warm += 1
        return process

    def close(self) -> None:
        """End the templates; the jobs that they started go on."""
        for templates in (self._branches, self._templates):
            while templates:
                templates.popitem()[1].close()

    async def _start_in_branch(
        self,
        key: Hashable,
        template: Template,
        folder: JobFolder,
        own: Mapping[str, str],
        python_path: Sequence[str],
    ) -> LocalProcess | None:
        """Start a job in a process that has imported its modules; None when that cannot be."""
        classes = needed_classes(folder)
        if not classes:
            return None
        # The time limit is each job's own, and is not looked at by an import
        shared = {name: value for name, value in own.items() if name != DEADLINE_VARIABLE}
        key = (key, frozenset(shared.items()), tuple(python_path), classes)
        for _ in range(_MOST_TRIES):
            if key in self._refused:
                return None
            branch = self._branches.get(key)
            if branch is None or branch.is_over:
                _make_room(self._branches, _MOST_BRANCHES)
                definitions = [dict(definition) for definition in classes]
                branch = self._branches[key] = template.branch(definitions, shared, python_path)
            self._branches.move_to_end(key)
            try:
                return await branch.start(folder, own)
            except TemplateFailed:
                if not branch.is_stale:
                    self._refuse(key, branch, folder)
                elif not branch.was_ready:
                    await asyncio.sleep(_EDIT_S)
        return None

    def _refuse(self, key: Hashable, branch: Template, folder: JobFolder) -> None:
        """Import these modules no more beforehand, and say so once."""
        if branch.was_ready or key in self._refused:
            return
        self._refused.add(key)
        logger.info(
            "Each job of %s imports its modules itself: %s",
            folder.task_id,
            branch.refusal or "the process that imported them beforehand ended",
        )


def _make_room(templates: OrderedDict[_Key, Template], most: int) -> None:
    """End the templates that were not used for the longest time, unless jobs of theirs run."""
    for key in list(templates):
        if len(templates) < most:
            return
        if templates[key].is_idle:
            templates.pop(key).close()
