"""Sycophancy: see README.md in this folder."""
