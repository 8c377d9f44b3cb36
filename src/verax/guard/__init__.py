"""Input and output policies: what may be read by a model, and what may leave it.

A policy is data inside a release. This room reads it; it holds no opinion of its own.

>>> from verax.guard.policy import check_input
"""

__all__ = ["detectors", "policy", "readability", "stream"]
