"""Over-refusal: see README.md in this folder."""
