"""Claims of a text: its sentences, which of them can be checked, and in what language they are.

* `sentences` cuts text as it streams, with exact offsets.
* `checkable` tells claims from opinions, questions, greetings, instructions and admissions of not knowing.
* `language` says whether a claim is in a language that the verifier was trained on.

>>> [claim.text for claim in claims_of("Hello! The bridge opened in 1932. Did you know?")]
['The bridge opened in 1932.']
"""

from verax.truth.claims.checkable import (
    Claim,
    ClaimFinder,
    SentenceKind,
    claims_of,
    is_about,
    kind_of,
    leans,
    names_nothing,
    plain,
    subject_of,
)
from verax.truth.claims.language import Language, language_of
from verax.truth.claims.sentences import Sentence, Splitter, split

__all__ = [
    "Claim",
    "ClaimFinder",
    "Language",
    "Sentence",
    "SentenceKind",
    "Splitter",
    "claims_of",
    "is_about",
    "kind_of",
    "language_of",
    "leans",
    "names_nothing",
    "plain",
    "split",
    "subject_of",
]
