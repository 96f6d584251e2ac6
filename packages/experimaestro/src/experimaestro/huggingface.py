"""Configurations kept on the Hugging Face hub."""

from xpm_config.huggingface import ExperimaestroHFHub

__all__ = ["ExperimaestroHFHub"]
