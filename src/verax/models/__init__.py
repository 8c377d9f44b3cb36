"""Backends that run a model, one file each, behind `base.Backend`."""
