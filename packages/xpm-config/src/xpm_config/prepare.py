"""Preparations: what is done once, in the driver, before the jobs that need it are started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xpm_config.config import Config
from xpm_config.errors import SubmitError
from xpm_config.fields import Param
from xpm_config.graph import walk
from xpm_config.tasks import Task

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Prepare", "PrepareJob", "preparations"]


class Prepare(Config):
    """A configuration whose `prepare` is called before any job that has it as a parameter.

    It is called once per identifier, in the process of the experiment, on the value object.

    Example:
        >>> class Download(Prepare):
        ...     url: Param[str]
        ...     def prepare(self):
        ...         print("downloading", self.url)
        >>> Download.C(url="file:///data").instance().prepare()
        downloading file:///data
    """

    __xpmid__ = "experimaestro.core.objects.config.prepare"

    def prepare(self) -> Any:
        """Do the preparation."""
        raise TypeError(f"{type(self).__qualname__} has no method prepare(): define it")

    def is_prepared(self) -> bool:
        """Whether the preparation is done; needed to run it as a job."""
        return False

    def submit(self, *, launcher: object | None = None) -> Self:
        """Run the preparation as a job; those that need it wait for the job.

        Args:
            launcher: How the job is started; by default, the workspace's launcher.

        Raises:
            ValueError: The class does not define `is_prepared`.
            SubmitError: There is no experiment.
        """
        value_class = self.__xpm__.xpmtype.value_class
        if value_class.is_prepared is Prepare.is_prepared:
            raise MissingIsPrepared(
                f"{value_class.__qualname__} must define is_prepared() to be run as a job: "
                "without it, no one can tell whether the job is to be run."
            )
        from xpm_config.submission import submission_of  # lazy

        job = PrepareJob.C(target=self)
        job.submit(launcher=launcher)
        submission_of(self).prepared_by = job
        return self


class MissingIsPrepared(SubmitError, ValueError):
    """A preparation was submitted whose class does not say when it is done."""


class PrepareJob(Task):
    """The task that runs a preparation as a job."""

    __xpmid__ = "experimaestro.prepare"

    target: Param[Prepare]

    def execute(self) -> None:
        """Run the preparation, unless it is done."""
        if not self.target.is_prepared():
            self.target.prepare()


def preparations(task: Config) -> list[Prepare]:
    """The preparations that a task needs, each once, those needed by others first.

    Those of the tasks that it depends on are not among them.
    """
    return [config for config in walk(task, other_tasks=False) if isinstance(config, Prepare)]
