"""Modules that are faked while an experiment is described."""

from xpm_cli.fake_modules import mock_modules

__all__ = ["mock_modules"]
