"""A whole installation with a scripted model, served on a real port, and the command line beside it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from verax.config import Config, load_config
from verax.kernel.errors import ModelUnavailable
from verax.kernel.release import Release
from verax.kernel.runtime import InstanceManifest
from verax.models.base import Backend
from verax.models.registry import Backends, BackendSettings
from verax.products.junior.backend import open_engine
from verax.store.accounts import Accounts, NewKey
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.direct import with_accounts
from verax.surfaces.cli.keyring import Identity, encode_recovery_key
from verax.surfaces.cli.main import run
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.serving import keep_keys
from verax.surfaces.cli.session import Session
from verax.surfaces.cli.shapes import SHAPES, find_mismatch
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import manifest_toml
from verax.testing.running_server import run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.turns import FixedRuntime

ANSWER = "Hamlet was written by William Shakespeare."
GUARD = """
[guard]
input = [{ detector = "secrets", action = "refuse" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""


@dataclass(frozen=True)
class Ran:
    """What one command line did."""

    code: int
    out: str
    err: str


@dataclass
class World:
    """A served installation.

    Attributes:
        environ: What a command line must be started with.
        recovery: The recovery key as it was printed.
    """

    url: str
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    recovery: str = ""

    @property
    def session(self) -> Session:
        return Session(self.environ)

    @property
    def identity(self) -> Identity:
        return self.session.require_identity()


def make_backend() -> ScriptedBackend:
    """A model that knows who wrote Hamlet, repeats a name it was told, and else echoes."""
    return ScriptedBackend(
        [
            Rule("Hamlet", Reply((ANSWER,))),
            Rule("silence", Reply(refuses=ModelUnavailable("model: it is silent", hint="wake it"))),
        ]
    )


def opened(
    config: Config, session: Session, shown: list[str]
) -> Callable[[], contextlib.AbstractAsyncContextManager[Installation]]:
    """Found an installation, keep its owner's keys in the keyring, note what is shown once, and open it."""

    @contextlib.asynccontextmanager
    async def enter() -> AsyncIterator[Installation]:
        code = measure_code()
        manifest = InstanceManifest(code.portable, "cpython of a test", "platform of a test", "00" * 32)
        runtime = FixedRuntime(code.portable.digest, manifest.digest)
        scripted: dict[str, Backend] = {"script": make_backend()}
        backends = Backends(BackendSettings(), lambda name: None, scripted, open_engine)
        around = Surroundings(runtime, backends=backends)
        release = Release.from_toml(manifest_toml("You answer briefly.", guard=GUARD))
        founding = await found(config, code.portable.data, around, {"assistant": release})
        if founding is not None:
            keep_keys(session, founding)
            if founding.genesis is not None:
                shown.append(encode_recovery_key(founding.genesis.recovery_seed))
        installation = await Installation.open(config, around)
        installation.blobs.put(manifest.data)
        try:
            yield installation
        finally:
            await installation.close()
            await backends.close()

    return enter


@contextlib.contextmanager
def served(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[World]:
    """Serve a new installation below `folder`; `settings` are further variables."""
    places = {"HOME": str(folder), "VERAX_HOME": str(folder / "home"), "VERAX_KEYRING": str(folder / "keys")}
    environ = {**places, **(settings or {})}
    session = Session(environ)
    shown: list[str] = []
    with run_server(opened(load_config(environ=environ).config, session, shown)) as server:
        environ["VERAX_PORT"] = server.url.rpartition(":")[2]
        yield World(server.url, folder / "home", environ, *shown)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One installation for the tests of a module that change nothing but its reply log."""
    with served(tmp_path_factory.mktemp("shared")) as world:
        yield world


@pytest.fixture
def own(tmp_path: Path) -> Iterator[World]:
    """An installation for one test."""
    with served(tmp_path) as world:
        yield world


@pytest.fixture
def unlimited(tmp_path: Path) -> Iterator[World]:
    """An installation for one test, which takes as many requests as come."""
    with served(tmp_path, {"VERAX_RATE_PER_MINUTE": "none"}) as world:
        yield world


@pytest.fixture
def stopped(tmp_path: Path) -> World:
    """An installation whose server was stopped after Ann had asked a question."""
    with served(tmp_path) as world:
        session = world.session
        with_accounts(session, lambda accounts: accounts.create_user("ann"))
        made = with_accounts(session, create_key_for_ann)
        client = Client(world.url, made.plain)
        body = {"model": "assistant", "input": "Who wrote Hamlet?"}
        client.post_json("/v1/responses", body)
        client.close()
    return world


async def create_key_for_ann(accounts: Accounts) -> NewKey:
    """Make the key that Ann asks with."""
    return await accounts.create_key("laptop", (await accounts.user("ann")).user_id)


@pytest.fixture
def verax(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs ``verax ARGUMENTS`` in a world and returns exit code, stdout and stderr."""

    def call(world: World, *arguments: str) -> Ran:
        for name in ("VERAX_URL", "VERAX_API_KEY", "HF_ENDPOINT", "HF_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name, value in world.environ.items():
            monkeypatch.setenv(name, value)
        code = run(list(arguments))
        captured = capsys.readouterr()
        check_shape(arguments, captured.out)
        return Ran(code, captured.out, captured.err)

    return call


def check_shape(arguments: tuple[str, ...], out: str) -> None:
    """Hold what ``--json`` printed to its documented shape."""
    words = " ".join(arguments)
    name = max((name for name in SHAPES if f" {name} " in f" {words} "), key=len, default="")
    if "--json" in arguments and name and out:
        problem = find_mismatch(json.loads(out), SHAPES[name])
        assert not problem, f"verax {name}: {problem}"
