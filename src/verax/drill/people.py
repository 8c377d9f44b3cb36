"""The people of a drill, each with a keyring of their own, outside of what the insider reaches.

They do what people do with the command line: read and verify the log of the server, sign on what they verified, and
send the statement. Nothing here reads the server's files.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.kernel import canonical
from verax.kernel.drafting import draft_admit
from verax.kernel.errors import ConfigError
from verax.kernel.release import Release
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.govern import Author
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.keyring import Credentials, Identity, Keyring
from verax.surfaces.cli.rootdocs import public_half
from verax.surfaces.cli.sources import ServerSource

__all__ = ["Person"]

_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose key the root document names; the drill's gate machine is one too.

    Attributes:
        name: As the root document says it.
        identity: Keys, pinned log keys and marks.
    """

    name: str
    identity: Identity

    @classmethod
    def load(cls, keyring: Path) -> Person:
        """Return the person whose keyring this is; the folder has the person's name.

        Raises:
            ConfigError: there is not exactly one installation in it.
        """
        found = Keyring(keyring).identities()
        if len(found) != 1:
            raise ConfigError(f"{keyring}: expected the keys of one installation, found {len(found)}")
        return cls(keyring.name, found[0])

    @classmethod
    def join(cls, keyring: Path, credentials: Credentials, log_keys: list[str]) -> Person:
        """Draw a signing key for somebody new."""
        identity = Keyring(keyring).create(credentials)
        identity.keep_daily_seed(os.urandom(32))
        identity.pin_log_keys(log_keys)
        return cls(keyring.name, identity)

    @property
    def key(self) -> dict[str, Any]:
        """The public key as a root document holds it, ``person`` left out."""
        return {"kind": "ed25519", "material": canonical.b64_encode(public_half(self.identity.daily_seed()))}

    @contextlib.contextmanager
    def at(self, url: str) -> Iterator[Author]:
        """Verify the log of the server at `url`, and sign on what it says.

        Raises:
            IntegrityError: it is not the history that this person saw before, or is not what was signed.
            RefusedError: the root in force does not name the person's key.
        """
        client = Client(url, self.identity.credentials.api_key, timeout_s=_TIMEOUT_S)
        try:
            yield Author.open(self.identity, read_history(ServerSource(client), self.identity), client)
        finally:
            client.close()

    def propose(self, url: str, channel: str, release: Release, reason: str) -> str:
        """Propose a release and return the change's id."""
        with self.at(url) as author:
            return author.propose(channel, release.data, reason).change

    def approve(self, url: str, change: str) -> None:
        """Approve a change."""
        with self.at(url) as author:
            author.review(author.history.state.changes[change], "approve")

    def admit(self, url: str, change: str) -> None:
        """Admit a change, as an operator does."""
        with self.at(url) as author:
            author.submit(draft_admit(author.history.state.changes[change], author.basis()))
