"""The option library of the command line, for helpers that read options."""

import click

__all__ = ["click"]
