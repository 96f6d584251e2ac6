"""Tests of `xpm_store.doctor`."""
