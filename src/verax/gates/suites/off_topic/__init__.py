"""Off-topic steering: see README.md in this folder."""
