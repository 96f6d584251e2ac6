"""Tests of what is promised of the whole, each counted: `bench/guarantees.py` prints them."""
