"""Tests, one file for each of the sources."""
