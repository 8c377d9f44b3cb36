"""Tone contagion: see README.md in this folder."""
