"""Even-handedness: see README.md in this folder."""
