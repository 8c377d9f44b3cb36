"""Statements of one person: built on the verified history, signed with the keyring, submitted.

* A statement says what its signer relied on: the root in force and the newest checkpoint that
  this machine verified (clause 3). Nothing is signed that rests on a server's word.
* The fold decides whether a statement has an effect; one without is refused with its reason.
* Statements go to ``POST /v1/governance/entries``; the server that takes one is the one whose
  log was verified.
"""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from verax.kernel.canonical import hex_digest
from verax.kernel.dsse import sign_envelope
from verax.kernel.errors import RefusedError
from verax.kernel.statement import (
    FULL_SHARE_BP,
    NONE,
    Act,
    Basis,
    Change,
    Move,
    Review,
    Statement,
    Verdict,
    payload_of,
    statement_id,
)
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.session import Session
from verax.surfaces.cli.sources import ServerSource

__all__ = ["Author", "Proposal", "open_author"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that was submitted.

    Attributes:
        change: Its statement id.
        channel: The channel that it would move.
        candidate: The release or runtime that it would bring in.
        base: What serves there now, or ``none``.
    """

    change: str
    channel: str
    candidate: str
    base: str


@dataclass(frozen=True, slots=True)
class Author:
    """A person who signs.

    Attributes:
        identity: Whose key signs.
        history: What the person relies on.
        client: The server that statements go to.
    """

    identity: Identity
    history: History
    client: Client
    _seed: bytes = field(repr=False)

    @classmethod
    def open(cls, identity: Identity, history: History, client: Client) -> Author:
        """Take the signing key out of the keyring.

        Raises:
            ConfigError: there is none.
            RefusedError: the root in force does not know it.
        """
        seed = identity.daily_seed()
        if identity.credentials.key_id not in history.state.root.keys:
            raise RefusedError(
                f"keyring: key {identity.credentials.key_id or 'without a name'} is not in the root in force",
                hint="a root change must name it first",
                code="governance/unknown-key",
            )
        return cls(identity, history, client, seed)

    def propose(self, channel: str, candidate: bytes, reason: str) -> Proposal:
        """Submit a change that would bring `candidate` (a manifest's bytes) to `channel`."""
        state = self.history.state.channels.get(channel)
        base = (state.head if state is not None else None) or NONE
        index = state.head_index if state is not None and base != NONE else 0
        note = reason.encode("utf-8")
        change = Change(self._basis(), channel, hex_digest(candidate), base, index or 0, hex_digest(note))
        blobs = {change.candidate: candidate, change.reason: note}
        return Proposal(self._submit(change, blobs), channel, change.candidate, base)

    def review(self, proposal: Proposal, verdict: Verdict, unban: tuple[str, ...] = ()) -> str:
        """Submit a verdict on a change and return the statement's id."""
        ordered = tuple(sorted(unban))
        review = Review(self._basis(), proposal.change, verdict, proposal.candidate, proposal.base, ordered)
        return self._submit(review, {})

    def admit(self, proposal: Proposal, share_bp: int = FULL_SHARE_BP) -> str:
        """Submit the move that admits a change; under a full share its candidate becomes the head."""
        move = Move(
            self._basis(), proposal.channel, "admit", proposal.change, proposal.base, proposal.candidate, share_bp
        )
        return self._submit(move, {})

    def move_back(self, channel: str, act: Act, to_id: str, cause: str) -> str:
        """Submit a rollback of the head to `to_id`, or a freeze of the channel, with its cause."""
        head = self.history.state.channels[channel].head or NONE
        note = cause.encode("utf-8")
        move = Move(self._basis(), channel, act, NONE, head, to_id, 0, hex_digest(note))
        return self._submit(move, {move.cause: note})

    def unfreeze(self, proposal: Proposal) -> str:
        """Submit the move that ends a freeze; the change's candidate is the head."""
        head = proposal.candidate
        return self._submit(Move(self._basis(), proposal.channel, "unfreeze", proposal.change, head, head, 0), {})

    def _basis(self) -> Basis:
        root, seen = self.history.state.root, self.history.checkpoint
        return Basis(
            root.origin, root.version, seen.size, seen.root.hex(), secrets.token_hex(16), int(time.time() * 1000)
        )

    def _submit(self, statement: Statement, blobs: Mapping[str, bytes]) -> str:
        payload = payload_of(statement)
        envelope = sign_envelope(payload, [(self.identity.credentials.key_id, self._seed)])
        body = {
            "envelope": base64.b64encode(envelope).decode("ascii"),
            "blobs": {digest: base64.b64encode(data).decode("ascii") for digest, data in blobs.items()},
        }
        self.client.post_json("/v1/governance/entries", body)
        return statement_id(payload)


def open_author(session: Session) -> Author:
    """Read and verify the history, then take the person's key; the server must run.

    Raises:
        AccessError: there is no API key for that server.
        ConfigError: there is no signing key.
    """
    client = session.signed_in_client()
    identity = session.met_identity(client)
    return Author.open(identity, read_history(ServerSource(client), identity), client)
