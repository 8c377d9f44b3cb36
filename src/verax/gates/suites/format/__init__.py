"""Format: see README.md in this folder."""
