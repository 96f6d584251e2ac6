"""Tests of the energy of jobs."""
