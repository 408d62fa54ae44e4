"""Figures, measured: `python -m tests.benchmarks [PART...]`, or `make bench`."""
