"""Classifiers that ship with Verax, and run on `onnxruntime` without any network.

>>> from verax.guard.classifiers import LocalClassifier
"""

from verax.guard.classifiers.local import LocalClassifier

__all__ = ["LocalClassifier"]
