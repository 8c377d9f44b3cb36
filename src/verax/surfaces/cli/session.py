"""What every command shares: the configuration, the keyring, the server.

All of it is made on first use, so a command pays only for what it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

from verax.kernel.errors import AccessError, ConfigError, VeraxError
from verax.surfaces.cli.client import NO_SERVER, Client
from verax.surfaces.cli.keyring import Identity, Keyring

if TYPE_CHECKING:
    from verax.config import Config, LoadedConfig
    from verax.surfaces.cli.sources import LogSource

__all__ = ["Session", "pass_session"]


@dataclass
class Session:
    """One run of the command line.

    Attributes:
        flags: Settings given as flags, by field name.
        environ: The process environment.
    """

    environ: Mapping[str, str]
    flags: dict[str, object] = field(default_factory=dict)
    _clients: list[Client] = field(default_factory=list)

    def close(self) -> None:
        """Close every connection; called when the command ends."""
        while self._clients:
            self._clients.pop().close()

    @cached_property
    def loaded(self) -> LoadedConfig:
        """The configuration with its sources."""
        from verax.config import load_config

        return load_config(self.flags, environ=self.environ)

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.loaded.config

    @cached_property
    def keyring(self) -> Keyring:
        """The person's own keys."""
        return Keyring(self.config.keyring)

    def identity(self) -> Identity | None:
        """Return what the keyring holds for this server or data folder."""
        home = None if self.config.url else self.config.home
        return self.keyring.find(home=home, url=self.config.client_url)

    def require_identity(self) -> Identity:
        """Return the identity, or say how to get one."""
        identity = self.identity()
        if identity is None:
            where = self.config.url or str(self.config.home)
            raise ConfigError(
                f"keyring: nothing is known of {where}",
                hint='"verax up" makes an installation; for one elsewhere set VERAX_URL and VERAX_API_KEY',
                code="keyring/unknown-installation",
            )
        return identity

    def met_identity(self, client: Client) -> Identity:
        """Return the identity; a server seen for the first time gets one, with its log keys pinned."""
        identity = self.identity()
        if identity is not None:
            return identity
        from verax.surfaces.cli.proofs import meet

        return meet(self.keyring, client)

    def open_logs(self) -> tuple[LogSource, Identity]:
        """Return where the logs are read from, and whose keys they are read with.

        A server that answers comes first; without one the files of the data folder are read.

        Raises:
            ConfigError: neither is there.
        """
        from verax.surfaces.cli.sources import FolderSource, ServerSource

        client = self.client()
        if self.config.url or client.is_up():
            return ServerSource(client), self.met_identity(client)
        if not self.config.home.is_dir():
            raise ConfigError(f"data folder {self.config.home}: no installation there yet", hint='"verax up" makes one')
        return FolderSource(self.config.home), self.require_identity()

    def client(self, *, timeout_s: float = 30.0) -> Client:
        """Return a client with the best key at hand: the configured one, else the keyring's, else none."""
        key = self.config.api_key.get_secret_value() if self.config.api_key else ""
        if not key:
            identity = self.identity()
            key = identity.credentials.api_key if identity else ""
        client = Client(self.config.client_url, key, timeout_s=timeout_s)
        self._clients.append(client)
        return client

    def client_at(self, url: str, *, timeout_s: float = 30.0) -> Client:
        """Return a client of another server, with the key that the keyring holds for it, if any."""
        known = self.keyring.find(url=url)
        client = Client(url, known.credentials.api_key if known else "", timeout_s=timeout_s)
        self._clients.append(client)
        return client

    def signed_in_client(self, *, timeout_s: float = 30.0) -> Client:
        """Return a client that has a key.

        Raises:
            AccessError: there is no key for that server.
        """
        client = self.client(timeout_s=timeout_s)
        if client.has_key:
            return client
        if not client.is_up():
            raise VeraxError(
                f"server: nothing listens at {client.url}", hint='start it with "verax up"', code=NO_SERVER
            )
        raise AccessError(
            f"server: no API key for {client.url}",
            hint='make one there with "verax key create NAME", then set VERAX_API_KEY',
        )


pass_session = click.make_pass_decorator(Session)
