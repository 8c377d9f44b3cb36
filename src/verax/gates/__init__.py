"""What a change must pass before it is admitted, and what watches it afterwards.

>>> from verax.gates.suite import load_suite
>>> len(load_suite("off_topic").items("ab" * 32)) == load_suite("off_topic").size
True
"""

__all__ = ["rollout", "suite"]
