"""Assembly of prompts: see README.md in this folder."""
