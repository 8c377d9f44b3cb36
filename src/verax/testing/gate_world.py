"""An installation whose root demands gates: served on a real port, with a scripted model and a real governance log.

>>> with served(folder, ScriptedBackend()) as world:
...     world.demand(off_topic={"score": "0.98"})
...     change = world.propose("You answer briefly and kindly.")
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from verax.config import load_config
from verax.kernel.drafting import Draft
from verax.kernel.release import Release
from verax.kernel.runtime import InstanceManifest
from verax.kernel.statement import RootChange, payload_of
from verax.models.base import Backend
from verax.models.registry import Backends
from verax.surfaces.cli.govern import Author, open_author
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.serving import keep_keys
from verax.surfaces.cli.session import Session
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings, backend_settings
from verax.testing.releases import manifest_toml
from verax.testing.running_server import RunningServer, run_server
from verax.testing.turns import FixedRuntime

__all__ = ["GateWorld", "gate_release", "served"]

_SAMPLING = '[sampling]\nmax_tokens = 256\nallow = ["max_tokens", "seed"]\n'


@dataclass
class GateWorld:
    """A served installation.

    Attributes:
        environ: What a command line must be started with.
    """

    server: RunningServer[Installation]
    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    @contextlib.contextmanager
    def author(self) -> Iterator[Author]:
        """The owner, who signs."""
        session = Session(self.environ)
        try:
            yield open_author(session)
        finally:
            session.close()

    def demand(self, **floors: Mapping[str, str]) -> None:
        """Let the root demand suites on the channel ``assistant``, by a root change of the owner."""
        with self.author() as author:
            document = author.history.state.root.manifest
            document["version"] += 1
            for channel in document["channels"]:
                if channel["name"] == "assistant":
                    channel["gates"] = [{"suite": name, "floors": dict(wanted)} for name, wanted in floors.items()]
            statement = RootChange(author.basis(), document)
            author.submit(Draft(statement, payload_of(statement)))

    def propose(self, system: str, name: str = "next") -> str:
        """Propose a release with this prompt and return the change's id."""
        return self.propose_release(gate_release(system, name))

    def propose_release(self, release: Release) -> str:
        """Propose a release and return the change's id."""
        with self.author() as author:
            return author.propose("assistant", release.data, "a test").change


def gate_release(system: str, name: str = "first", rest: str = "") -> Release:
    """Return a release of the scripted model that lets callers keep replies short."""
    return Release.from_toml(manifest_toml(system, name=name, rest=_SAMPLING + rest))


@contextlib.contextmanager
def served(
    folder: Path, backend: Backend | None = None, first: Release | None = None, **settings: str
) -> Iterator[GateWorld]:
    """Serve an installation below `folder`, a new one where there is none yet.

    Args:
        backend: The scripted model; None for the real ones.
        first: The release that serves at first.
        settings: Settings of the server, by name.
    """
    environ = {"HOME": str(folder), "VERAX_HOME": str(folder / "home"), "VERAX_KEYRING": str(folder / "keys")}
    environ |= {f"VERAX_{name.upper()}": value for name, value in settings.items()}
    session = Session(environ)
    config = load_config(environ=environ).config

    @contextlib.asynccontextmanager
    async def opened() -> AsyncIterator[Installation]:
        code = measure_code()
        manifest = InstanceManifest(code.portable, "cpython of a test", "platform of a test", "00" * 32)
        scripted = {} if backend is None else {"script": backend}
        backends = Backends(backend_settings(config), lambda _: "", scripted)
        around = Surroundings(FixedRuntime(code.portable.digest, manifest.digest), backends=backends)
        founding = await found(
            config, code.portable.data, around, {"assistant": first or gate_release("You answer briefly.")}
        )
        if founding is not None:
            keep_keys(session, founding)
        installation = await Installation.open(config, around)
        installation.blobs.put(manifest.data)
        try:
            yield installation
        finally:
            await installation.close()
            await backends.close()

    with run_server(opened) as server:
        environ["VERAX_PORT"] = server.url.rpartition(":")[2]
        yield GateWorld(server, folder, environ)
