"""Identity: see README.md in this folder."""
