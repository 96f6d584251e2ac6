"""Jobs started as processes of a machine."""

from xpm_scheduler.launchers.local import DirectLauncher

__all__ = ["DirectLauncher"]
