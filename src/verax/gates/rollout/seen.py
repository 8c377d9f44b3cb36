"""What a user saw of one reply, in numbers: every live signal, computed without knowing the arm.

The prompt is everything the model was given but the release's own wording; what comes up in a
reply and stands nowhere in it is *unprompted*.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verax.gates.rollout.tone import hostility, takes_on_name
from verax.gates.rollout.words import hashed_roots, phrases_of, root_of, roots_of, sentences_of, words_of

__all__ = ["Reply", "Seen", "known_names", "off_topic_share", "see"]

_MIN_SENTENCE_ROOTS = 3


@dataclass(frozen=True, slots=True)
class Reply:
    """One finished turn as the monitor reads it.

    Attributes:
        inputs: Texts of the prompt that the release did not write.
        text: What was delivered.
        status: How the turn ended (clause 9).
        duration_ms: From the request to the last byte.
        guard: Findings of the guard by category.
        claims: Verdicts by kind, empty where none was given.
    """

    inputs: Sequence[str]
    text: str
    status: str
    duration_ms: int
    guard: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """Signals of one reply, or of all replies of one user so far.

    Attributes:
        values: By signal; a signal that says nothing of this reply is left out.
        phrases: Unprompted phrases, as hashes.
        prompt: Roots of the last text that was asked, as hashes.
        replies: How many replies went in.
    """

    values: Mapping[str, float]
    phrases: frozenset[int] = frozenset()
    prompt: frozenset[int] = frozenset()
    replies: int = 1

    def joined(self, other: Seen) -> Seen:
        """Return the mean of both over their replies, signal by signal, and the phrases and prompts of both."""
        replies = self.replies + other.replies
        values = dict(self.values)
        for name, value in other.values.items():
            mine = values.get(name)
            values[name] = value if mine is None else (mine * self.replies + value * other.replies) / replies
        return Seen(values, self.phrases | other.phrases, self.prompt | other.prompt, replies)


def known_names(texts: Iterable[str]) -> frozenset[str]:
    """Return the roots of all words of a release's own texts: names that a reply may use of itself."""
    return frozenset(root_of(word) for text in texts for word in words_of(text))


def see(reply: Reply, names: Collection[str], key: bytes, expected: Collection[str] = ()) -> Seen | None:
    """Return the signals of a reply; None for one that says nothing about its release.

    A turn that its reader left, or that a rollback ended, is such a one.

    Args:
        names: See `known_names`.
        key: Secret for the hashes of phrases.
        expected: Roots of what the change says will come up; they count as prompted for phrases.
    """
    if reply.status in ("cancelled", "withdrawn"):
        return None
    values: dict[str, float] = {
        "error": float(reply.status == "failed"),
        "refusal": float(reply.status == "refused"),
        "guard": float(bool(reply.guard)),
    }
    if reply.status in ("failed", "refused"):
        return Seen(values)
    judged = sum(reply.claims.values())
    if judged:
        bad = reply.claims.get("contradicted", 0) + reply.claims.get("not_found", 0)
        values["unsupported"] = bad / judged
    prompted = roots_of(reply.inputs)
    asked = prompted | known_names(reply.inputs)
    values |= {
        "latency": float(max(1, reply.duration_ms)),
        "length": float(1 + len(reply.text)),
        "shortness": 1.0 / (1 + len(reply.text)),
        "tone": hostility(reply.text),
        "identity": float(takes_on_name(reply.text, asked | frozenset(names))),
    }
    off_topic = _off_topic(reply.text, prompted)
    if off_topic is not None:
        values["off_topic"] = off_topic
    phrases = phrases_of(reply.text, prompted | frozenset(expected), key)
    return Seen(values, phrases, hashed_roots(reply.inputs[-1:], key))


def off_topic_share(reply: str, inputs: Sequence[str]) -> float | None:
    """Return the share of a reply's sentences that have nothing to do with what the model was given; see `see`."""
    return _off_topic(reply, roots_of(inputs))


def _off_topic(text: str, prompted: Collection[str]) -> float | None:
    """Return the share of sentences that share no root with the prompt or with what came before them in the reply.

    A sentence that goes on about what an on-topic sentence brought in is on topic. None where the
    prompt or the reply says too little to tell.
    """
    if not prompted:
        return None
    related = set(prompted)
    off = counted = 0
    for sentence in sentences_of(text):
        roots = roots_of([sentence])
        if len(roots) < _MIN_SENTENCE_ROOTS:
            continue
        counted += 1
        if roots & related:
            related |= roots
        else:
            off += 1
    return off / counted if counted else None
