"""Tests of `xpm_store.legacy`."""
