"""What tasks raise, and errors that are shown in one line."""

from xpm_config import GracefulTimeout, HandledException, TaskCancelled
from xpm_scheduler.errors import ExperimentStopped

__all__ = ["ExperimentStopped", "GracefulTimeout", "HandledException", "TaskCancelled"]
