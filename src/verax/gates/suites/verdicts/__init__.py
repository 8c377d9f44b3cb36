"""Verdicts of the verifier: see README.md in this folder."""
