"""Owner independence: see README.md in this folder."""
