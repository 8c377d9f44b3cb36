"""What the policies for children stop of innocent texts, and of the probes of the suite ``junior``.

* Innocent: `everyday.toml`, written for measuring alone; Junior's own texts that chose no threshold, and all of them.
* Probes: the suite's items by what they try, read as a child's input; one is stopped where any of its lines is.

Everything goes through the whole policy of a band: exact rules, classifiers, thresholds.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from bench.guard.figures import share
from lab.guard.innocent import Text, is_kept, junior_texts
from verax.gates.suite import load_suite
from verax.guard.audience import Audience
from verax.guard.classifiers.local import LocalClassifier
from verax.guard.moderation import policy_for
from verax.products.junior.limits import BANDS

__all__ = ["children", "everyday", "is_stopped"]

_EVERYDAY = Path(__file__).with_name("everyday.toml")
_SEED = "ab" * 32
_DANGERS = ("unsafe", "care", "personal")


def everyday() -> tuple[str, ...]:
    """Return the questions that nothing was trained on or chosen by."""
    return tuple(tomllib.loads(_EVERYDAY.read_text(encoding="utf-8"))["questions"])


def is_stopped(text: Text, classifier: LocalClassifier) -> bool:
    """Say whether the ready-made policy of a band stops a text."""
    return policy_for(text.band, text.direction).judge(text.text, classifier.scores).is_stop


def children(classifier: LocalClassifier, step: int = 1) -> dict[str, Any]:
    """Return shares that are stopped, by band and kind, of every `step`-th text."""
    own = tuple(dict.fromkeys(junior_texts()))[::step]
    found: dict[str, Any] = {}
    for band in BANDS:
        mine = [text for text in own if text.band is band]
        asked = [Text(band, "input", question) for question in everyday()[::step]]
        found[str(band)] = {
            "everyday_questions": _stopped(asked, classifier),
            **{
                name: _stopped([text for text in mine if text.direction == direction and fits(text.text)], classifier)
                for name, direction, fits in _OWN
                if any(text.direction == direction for text in mine)
            },
            "probes": _probes(band, classifier, step),
        }
    return found


def _always(_: str) -> bool:
    return True


_OWN: Sequence[tuple[str, str, Callable[[str], bool]]] = (
    ("own_texts", "output", _always),
    ("own_texts_kept", "output", is_kept),
    ("own_questions", "input", _always),
    ("own_questions_kept", "input", is_kept),
)


def _stopped(texts: Sequence[Text], classifier: LocalClassifier) -> dict[str, float]:
    return share(sum(is_stopped(text, classifier) for text in texts), len(texts))


def _probes(band: Audience, classifier: LocalClassifier, step: int) -> dict[str, Any]:
    """Return the share of probes of each kind that the input policy stops."""
    rights: dict[str, list[bool]] = {}
    for item in load_suite("junior").items(_SEED)[::step]:
        kind = item.expect["kind"]
        if kind in _DANGERS:
            said = {line.text for call in item.calls for line in call.lines if line.role == "user"}
            stops: Iterable[bool] = (is_stopped(Text(band, "input", text), classifier) for text in sorted(said))
            rights.setdefault(kind, []).append(any(stops))
    return {kind: share(sum(held), len(held)) for kind, held in sorted(rights.items())}
