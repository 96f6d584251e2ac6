"""Tests of `xpm_store.check`."""
