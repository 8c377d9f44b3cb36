"""Founding and serving: what ``verax up`` does once it is isolated.

*Life of a server process:* the code is measured; the listening sockets are bound, so that a busy
port ends the start early; the installation is opened under its lock; the seal starts to watch;
requests are taken until a signal comes; turns in flight finish; everything closes in reverse.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable

import uvloop

from verax.config import Config, LoadedConfig
from verax.kernel.errors import VeraxError
from verax.store.accounts_links import link_path
from verax.store.blobs import Blobs
from verax.store.genesis import OWNER, Genesis
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.surfaces.cli.keyring import Credentials, encode_recovery_key
from verax.surfaces.cli.output import Progress, say
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.session import Session
from verax.surfaces.founding import Founding, found
from verax.surfaces.http.server import serve
from verax.surfaces.installation import Installation, Surroundings
from verax.surfaces.launch.measure import RuntimeMeasurement, measure_runtime
from verax.surfaces.launch.seal import Seal, Violation
from verax.surfaces.listening import bind_all

__all__ = ["found_here", "keep_keys", "serve_here"]

_log = logging.getLogger("verax")


def found_here(session: Session) -> RuntimeMeasurement:
    """Make the installation, keep the owner's keys, and show what is shown once.

    Raises:
        RuntimeChanged: what is installed is not what the lock names.
        StoreLocked, StorageError, IntegrityError: as their classes say.
    """
    with Progress("measuring the code"):
        measurement = measure_runtime()
    around = Surroundings(Seal(measurement, _report))
    founding = asyncio.run(found(session.config, measurement.portable_data, around))
    if founding is not None:
        _keep_code(Blobs(Home(session.config.home).blobs), measurement)
        keep_keys(session, founding)
        _tell(session.config, founding)
    return measurement


def serve_here(session: Session, measurement: RuntimeMeasurement | None = None) -> None:
    """Serve in this process until a signal comes.

    Raises:
        StoreLocked: another server holds the data folder.
        ConfigError, StorageError, IntegrityError: as their classes say.
    """
    config = session.config
    logging.basicConfig(
        stream=sys.stderr, level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    sockets = listen(config)
    measured = measurement or measure_runtime()
    identity = session.identity()
    if identity is not None and identity.credentials.url != config.client_url:
        identity.update(url=config.client_url)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(session.loaded, measured, sockets))


def listen(config: Config) -> list[socket.socket]:
    """Bind every address of the configured host.

    Raises:
        VeraxError: no address of it can be bound.
    """
    return bind_all(config.host, config.port, '"verax doctor" says who holds the port; VERAX_PORT sets another one')


async def _serve(loaded: LoadedConfig, measurement: RuntimeMeasurement, sockets: list[socket.socket]) -> None:
    config = loaded.config
    loop = asyncio.get_running_loop()
    alarms: set[asyncio.Task[None]] = set()
    installation: Installation | None = None

    def raise_alarm(violation: Violation) -> None:
        if installation is None:
            return
        detail = {"kind": violation.kind, "runtime": measurement.digest}
        task = loop.create_task(installation.governance.alarm("runtime/changed", "runtime", detail))
        alarms.add(task)
        task.add_done_callback(alarms.discard)

    def on_violation(violation: Violation) -> None:
        _report(violation)
        loop.call_soon_threadsafe(raise_alarm, violation)

    seal = Seal(measurement, on_violation)
    installation = await Installation.open(config, Surroundings(seal, settings=loaded.settings()))
    try:
        _keep_code(installation.blobs, measurement)
        installation.blobs.put(measurement.instance)
        if installation.recovered:
            _log.warning(
                "%d turns that were open when the last server ended are recorded as failed", installation.recovered
            )
        seal.start()
        await serve(installation, sockets, on_ready=_ready(config))
    finally:
        seal.stop()
        await installation.close()


def _ready(config: Config) -> Callable[[], None]:
    def tell() -> None:
        say(f"running at {config.base_url}; Ctrl-C ends it")

    return tell


def _report(violation: Violation) -> None:
    _log.error("the running code changed, no new turns start: %s", violation)


def _keep_code(blobs: Blobs, measurement: RuntimeMeasurement) -> None:
    """Keep the admitted part of the manifest, and the list of files that its source digest names."""
    blobs.put(measurement.portable_data)
    code = measure_code()
    if code.portable.source == measurement.manifest.portable.source:
        blobs.put(code.listing)


def keep_keys(session: Session, founding: Founding) -> None:
    """Keep what the founding drew for its owner in the keyring: API key, signing key, pinned log keys."""
    config, genesis = session.config, founding.genesis
    keys = load_server_keys(Home(config.home).keys_dir)
    if keys is None:
        raise VeraxError("genesis: the server's keys are not where they were written", hint='run "verax doctor"')
    identity = session.keyring.create(
        Credentials(
            name=keys.name,
            url=config.client_url,
            home=str(config.home),
            fingerprint=genesis.fingerprint if genesis else "",
            person=OWNER if genesis else "",
            key_id=genesis.daily_key_id if genesis else "",
            api_key=founding.api_key,
        )
    )
    signers = (keys.governance_signer(), keys.replies_signer(), keys.promise_signer())
    identity.pin_log_keys([str(signer.verifier) for signer in signers])
    if genesis is not None:
        identity.keep_daily_seed(genesis.daily_seed)


def _tell(config: Config, founding: Founding) -> None:
    say(f"a new installation in {config.home}")
    say()
    say(f"  address       {config.base_url}")
    say(f"  open          {config.base_url}{link_path(founding.link)}")
    say('                signs you in once, within an hour; "verax user link owner" makes a new one')
    say(f"  sign in       {founding.owner.user.name}, password {founding.owner.password}")
    say('                shown once; "verax user password owner" sets another one')
    if founding.genesis is None:
        say("  keys          an earlier start was cut short and its signing key is lost: this installation can")
        say("                answer, but not be governed; to start anew, move the folder away")
    else:
        _tell_keys(config, founding.genesis)
    say()


def _tell_keys(config: Config, genesis: Genesis) -> None:
    say(f"  fingerprint   {genesis.fingerprint}")
    say("                of the root document: whoever checks a receipt starts from it")
    say(f"  recovery key  {encode_recovery_key(genesis.recovery_seed)}")
    say("                shown once: write it down, it replaces a lost signing key")
    say(f"  your keys     {config.keyring}")
