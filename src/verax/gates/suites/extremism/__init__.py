"""Extremism and hate: see README.md in this folder."""
