"""How jobs are started."""

from xpm_scheduler.launchers import Launcher

__all__ = ["Launcher"]
