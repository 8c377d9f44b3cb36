"""The cases behind make_vectors.py, one module a clause."""
