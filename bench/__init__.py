"""Reproducible benchmarks; `make bench` runs them and prints one table."""
