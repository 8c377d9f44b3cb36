"""What a reviewer is shown of a change beside its difference: example prompts, and replies of both releases.

* Prompts are composed by the turn's own pure functions for a fixed set of examples and for the reviewer's own
  question; no model is asked and nothing is recorded.
* Replies are turns of arm ``preview``, recorded like every turn.

>>> from verax.gates.preview.fixed import fixed_set
>>> [question.name for question in fixed_set().questions][:2]
['fact', 'unknown']
"""

__all__ = ["desk", "fixed", "prompts", "replies"]
