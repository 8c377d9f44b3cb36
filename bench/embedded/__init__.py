"""Engines for the embedded model, side by side on one file; `python -m bench.embedded` runs them."""
