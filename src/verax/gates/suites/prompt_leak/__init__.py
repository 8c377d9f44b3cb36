"""Prompt leak: see README.md in this folder."""
