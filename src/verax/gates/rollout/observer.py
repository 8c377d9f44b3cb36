"""One canary under watch: finished turns in, evidence and figures for people out.

A turn counts if it ran on this channel, under the canary or the head beside it, after the
canary was admitted. Its arm is the one that its record names. No text is kept: phrases are
hashes under a key that only this installation knows, and the same for all of one rollout, so
that a monitor which starts anew comes to the same evidence to the last digit.
"""

from __future__ import annotations

import hmac
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verax.gates.rollout.comparison import ALPHA, Comparison, History, Standing, Trip
from verax.gates.rollout.plan import expected_texts
from verax.gates.rollout.seen import Reply, Seen, known_names, see
from verax.gates.rollout.words import phrases_of, roots_of
from verax.kernel.release import Release, release_texts
from verax.store.rollouts import FinishedRow, Rollout

__all__ = ["HISTORY_TURNS", "Observer", "Shares", "phrase_key", "read_history", "text_of"]

HISTORY_TURNS = 1_000
"""Earlier replies of the head in which a phrase may have come up already."""

Shares = Sequence[tuple[int, int]]
"""Index of the move that set a share, and the share; the admission first."""


@dataclass(slots=True)
class Observer:
    """Feeds the turns of one rollout to a `Comparison`.

    Args:
        rollout: The canary.
        releases: Head and canary, for the names that they use.
        reason: The change's reason, for what it expects to come up.
        key: Secret for the hashes of phrases, see `phrase_key`.
        shares: Kept up to date by whoever owns this.

    Attributes:
        next_index: The leaf that is read next.
        turns: Turns that counted, by arm.
        withdrawn: Turns of the canary that a rollback ended.
        flags: Turns in which the guard found a category, by arm and category; shown, and without a stake.
    """

    rollout: Rollout
    releases: Sequence[Release]
    reason: str
    key: bytes = field(repr=False)
    shares: Shares = ()
    next_index: int = 0
    turns: Counter[str] = field(default_factory=Counter)
    flags: Counter[tuple[str, str]] = field(default_factory=Counter)
    comparison: Comparison = field(default_factory=Comparison)
    _names: frozenset[str] = frozenset()
    _expected: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.next_index = self.next_index or self.rollout.first_idx
        texts = [item.text for release in self.releases for item in release_texts(release)]
        self._names = known_names([*texts, *(release.name for release in self.releases)])
        self._expected = roots_of(expected_texts(self.reason))

    def remember(self, rows: Iterable[FinishedRow]) -> None:
        """Take earlier turns of the head as its history; call it before the first `take`."""
        history = read_history(rows, self.rollout, self.key)
        self.comparison = Comparison(history)

    def take(self, row: FinishedRow) -> Trip | None:
        """Count one turn; return the trip, the same once there is one. A turn that cannot be read is passed over."""
        try:
            return self._count(row)
        finally:
            self.next_index = row.index + 1  # last: whoever sees it may read the figures

    def take_all(self, rows: Sequence[FinishedRow]) -> None:
        """Count turns in order, up to the trip and no further."""
        for row in rows:
            if self.take(row) is not None:
                return

    def figures(self) -> dict[str, Any]:
        """Return where everything stands, as JSON: sums over users, decimal logarithms of wealth."""
        standings = self.comparison.standings()
        first = {item.signal: item for item in standings if item.level == 1}
        head, canary = self.comparison.settled
        return {
            "alpha": ALPHA,
            "share_bp": self.rollout.share_bp,
            "turns": {"head": self.turns["head"], "canary": self.turns["canary"]},
            "users": {"head": head, "canary": canary},
            "flags": {
                category: {"head": self.flags["head", category], "canary": self.flags["canary", category]}
                for category in sorted({category for _, category in self.flags})
            },
            "log10_wealth": round(math.log10(self.comparison.wealth), 3),
            "progress": round(math.log10(self.comparison.progress), 3),
            "signals": {name: _figure(item, standings) for name, item in sorted(first.items())},
        }

    def _count(self, row: FinishedRow) -> Trip | None:
        share_bp = self._share_at(row)
        if share_bp == 0 or self.comparison.is_spent(row.user_id):
            return self.comparison.trip
        seen = self._see(row)
        if seen is None:
            return self.comparison.trip
        arm = row.record["arm"]
        self.turns[arm] += 1
        self.flags.update((arm, category) for category in row.guard)
        return self.comparison.see(row.user_id, seen, is_canary=arm == "canary", share_bp=share_bp)

    def _see(self, row: FinishedRow) -> Seen | None:
        if row.reply is None:
            return None  # its process died: that says nothing about its release
        reply = Reply(row.inputs, text_of(row), row.record["status"], row.duration_ms, row.guard, row.claims)
        return see(reply, self._names, self.key, self._expected)

    def _share_at(self, row: FinishedRow) -> int:
        """Return the share under which a turn was resolved, 0 for one that does not count."""
        record, rollout = row.record, self.rollout
        expected = {"canary": rollout.release_id, "head": rollout.base_id}.get(record["arm"])
        if record["channel"] != rollout.channel or record["release"] != expected:
            return 0
        reached = [share_bp for index, share_bp in self.shares if index < record["governance"]["size"]]
        return reached[-1] if reached else 0


def phrase_key(seed: bytes, change_id: str) -> bytes:
    """Return the key for the hashes of one rollout's phrases, 16 bytes, from a secret of the server."""
    return hmac.digest(seed, f"verax/monitor-phrases/v1\n{change_id}".encode(), "sha256")[:16]


def read_history(rows: Iterable[FinishedRow], rollout: Rollout, key: bytes) -> History:
    """Return which phrases the head brought up before, each user counted once a phrase."""
    by_user: dict[str, set[int]] = {}
    turns = 0
    for row in rows:
        record = row.record
        is_head = record["channel"] == rollout.channel and record["arm"] == "head"
        if not is_head or row.reply is None or turns >= HISTORY_TURNS:
            continue
        turns += 1
        by_user.setdefault(row.user_id, set()).update(phrases_of(text_of(row), roots_of(row.inputs), key))
    counts = Counter(phrase for phrases in by_user.values() for phrase in phrases)
    return History({phrase: count for phrase, count in counts.items() if count > 1}, len(by_user))


def text_of(row: FinishedRow) -> str:
    """Return what a turn said, the texts of several choices one after the other."""
    data = (row.reply or b"").decode("utf-8", "replace")
    if row.record["reply_form"] == "text":
        return data
    items: list[Mapping[str, Any]] = json.loads(data)
    return "\n".join(str(item["text"]) for item in items)


def _figure(item: Standing, standings: Sequence[Standing]) -> dict[str, Any]:
    arms = {
        arm: {"users": item.users[place], "mean": round(item.total[place] / item.users[place], 4)}
        if item.users[place]
        else {"users": 0}
        for place, arm in enumerate(("head", "canary"))
    }
    best = max(other.wealth for other in standings if other.signal == item.signal)
    return {**arms, "log10_wealth": round(math.log10(best), 3)}
