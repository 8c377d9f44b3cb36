"""Grounded answers: see README.md in this folder."""
