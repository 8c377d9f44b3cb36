"""Claims judged against passages.

* `pieces` cuts evidence into what the model reads, `model` scores a pair, `calibration` makes a probability of a score.
* `judging` makes a verdict of the scores and of the exact checks; pure.
* `local` is the verifier that ships: `LocalVerifier`, off the event loop.
* `named` has MiniCheck or HHEM judge instead, in a process of its own (`scoring`), for checks of texts.
* `asked` has any OpenAI-compatible model judge instead, for checks of texts.

Reasons of *not checked*: ``language`` (the claim, or all of its evidence, is in a language that the verifier was not
trained on), ``no_verifier`` (no weights here, or the extra ``knowledge`` is missing), ``too_long`` (a claim of over
half of what the model reads), ``busy`` (too many claims wait); of a judge ``judge_unreachable`` and ``judge_answer``.
"""

from verax.truth.verifier.local import LocalVerifier

__all__ = ["LocalVerifier"]
