"""`ExperimentHelper`: what the `run` function of a YAML experiment receives first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from xpm_cli.base_configuration import ConfigurationBase, configuration
from xpm_cli.errors import BadInput

if TYPE_CHECKING:
    from xpm_scheduler.experiment import experiment

__all__ = ["ConfigurationBase", "ExperimentCallable", "ExperimentHelper", "configuration"]


class ExperimentCallable(Protocol):
    """The `run` function of an experiment."""

    def __call__(self, helper: Any, configuration: Any, /) -> Any:
        """Build the tasks of the experiment and submit them."""


class ExperimentHelper:
    """Runs the function of an experiment; subclass it to read the arguments of the command line.

    Attributes:
        xp: The experiment that runs; set before `run` is called.
        callable: The decorated function.

    Example:
        A helper that reads one option, used as a decorator of `run`::

            class Helper(ExperimentHelper):
                def run(self, args, configuration):
                    self.fast = "--fast" in args
                    return self.callable(self, configuration)

            @Helper.decorator()
            def run(helper: Helper, cfg: Configuration): ...
    """

    xp: experiment

    def __init__(self, callable: ExperimentCallable) -> None:
        self.callable = callable

    @classmethod
    def decorator(cls, function: ExperimentCallable | None = None, /) -> Any:
        """Wrap a `run` function; used with parentheses or without."""
        return cls if function is None else cls(function)

    def run(self, args: list[str], configuration: Any) -> Any:
        """Run the experiment.

        Args:
            args: What follows the YAML file on the command line.
            configuration: The validated content of the file.

        Raises:
            BadInput: There are arguments, and this helper reads none.
        """
        if args:
            raise BadInput(
                f"This experiment takes no arguments, found: {' '.join(args)}. An experiment that "
                "wants some decorates its run function with a subclass of ExperimentHelper."
            )
        return self.callable(self, configuration)
