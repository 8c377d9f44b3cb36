"""Injection from documents and tools: see README.md in this folder."""
