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
from typing import cast

from verax.kernel.drafting import Draft, draft_back, draft_change, draft_review
from verax.kernel.dsse import Signature, sign_envelope, signature_by
from verax.kernel.errors import RefusedError
from verax.kernel.fold_state import ChangeState
from verax.kernel.statement import FULL_SHARE_BP, Act, Basis, Change, Move, Verdict, payload_of, statement_id
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.history import History, read_history
from verax.surfaces.cli.keyring import Identity
from verax.surfaces.cli.session import Session
from verax.surfaces.cli.sources import ServerSource

__all__ = ["Author", "Proposal", "basis_of", "open_author"]


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
        draft = draft_change(self.history.state, self.basis(), channel, candidate, reason)
        self.submit(draft)
        change = cast("Change", draft.statement)
        return Proposal(draft.id, channel, change.candidate, change.base)

    def review(self, change: ChangeState, verdict: Verdict, unban: tuple[str, ...] = ()) -> str:
        """Submit a verdict on a change and return the statement's id."""
        return self.submit(draft_review(change, self.basis(), verdict, unban))

    def admit(self, proposal: Proposal, share_bp: int = FULL_SHARE_BP) -> str:
        """Submit the move that admits a change; under a full share its candidate becomes the head."""
        move = Move(
            self.basis(), proposal.channel, "admit", proposal.change, proposal.base, proposal.candidate, share_bp
        )
        return self._sign(payload_of(move), {})

    def move_back(self, channel: str, act: Act, to_id: str, cause: str) -> str:
        """Submit a rollback to `to_id`, or a freeze of the channel, with its cause."""
        return self.submit(draft_back(self.history.state, self.basis(), channel, act, to_id, cause))

    def unfreeze(self, proposal: Proposal) -> str:
        """Submit the move that ends a freeze; the change's candidate is the head."""
        head = proposal.candidate
        move = Move(self.basis(), proposal.channel, "unfreeze", proposal.change, head, head, 0)
        return self._sign(payload_of(move), {})

    def submit(self, draft: Draft) -> str:
        """Sign a draft with the daily key, submit it, and return the statement's id."""
        return self._sign(draft.payload, draft.blobs)

    def sign(self, payload: bytes) -> Signature:
        """Sign a payload with the daily key, for an envelope that others sign too."""
        return signature_by(self.identity.credentials.key_id, self._seed, payload)

    def basis(self) -> Basis:
        """Return what this person relies on now."""
        return basis_of(self.history)

    def post(self, envelope: bytes, blobs: Mapping[str, bytes]) -> None:
        """Send an envelope that is signed already, by several people for instance, with the content it names."""
        body = {
            "envelope": base64.b64encode(envelope).decode("ascii"),
            "blobs": {digest: base64.b64encode(data).decode("ascii") for digest, data in blobs.items()},
        }
        self.client.post_json("/v1/governance/entries", body)

    def _sign(self, payload: bytes, blobs: Mapping[str, bytes]) -> str:
        self.post(sign_envelope(payload, [(self.identity.credentials.key_id, self._seed)]), blobs)
        return statement_id(payload)


def basis_of(history: History) -> Basis:
    """Return what a statement says that its signer relied on: the verified history, and nothing else."""
    root, seen = history.state.root, history.checkpoint
    return Basis(root.origin, root.version, seen.size, seen.root.hex(), secrets.token_hex(16), int(time.time() * 1000))


def open_author(session: Session) -> Author:
    """Read and verify the history, then take the person's key; the server must run.

    Raises:
        AccessError: there is no API key for that server.
        ConfigError: there is no signing key.
    """
    client = session.signed_in_client()
    identity = session.met_identity(client)
    return Author.open(identity, read_history(ServerSource(client), identity), client)
