"""An installation whose files were lost or damaged: named, repaired from the entries, never founded over."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from pathlib import Path

import pytest

from verax.config import Config, load_config
from verax.kernel.errors import ConfigError, CorruptStore, RolledBack
from verax.kernel.runtime import PortableRuntime
from verax.store.database import open_database
from verax.store.governance import GovernanceStore
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.surfaces.cli.main import run
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.surfaces.repair import repair_logs
from verax.testing.releases import make_release
from verax.testing.turns import FixedRuntime

CODE = PortableRuntime("11" * 32, "22" * 32)
AROUND = Surroundings(FixedRuntime(CODE.digest))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(environ=_environ(tmp_path)).config


def _environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "VERAX_HOME": str(tmp_path / "home"), "VERAX_KEYRING": str(tmp_path / "keys")}


async def _found(config: Config) -> str:
    """Found an installation and return its fingerprint."""
    founded = await found(config, CODE.data, AROUND, {"assistant": make_release("You answer briefly.")})
    assert founded is not None
    assert founded.genesis is not None
    return founded.genesis.fingerprint


async def _fingerprint(config: Config) -> str:
    installation = await Installation.open(config, AROUND)
    try:
        return installation.governance.state.fingerprint
    finally:
        await installation.close()


async def test_lost_and_damaged_files_are_named_and_made_anew(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = await _found(config)
    await _fingerprint(config)
    folder = Home(config.home).governance_dir
    (folder / "tile/0/000.p/5").write_bytes(bytes(160))
    (folder / "tile/entries/000.p/5").unlink()
    (folder / "checkpoint").unlink()
    Home(config.home).governance_mark.unlink()
    with pytest.raises(CorruptStore, match="no checkpoint file") as caught:
        await _fingerprint(config)
    assert "verax log repair" in caught.value.hint
    ran = await _repair(tmp_path, monkeypatch)
    assert [sorted(log["written"]) for log in ran["logs"]] == [["tile/0/000.p/5", "tile/entries/000.p/5"], []]
    assert await _fingerprint(config) == fingerprint


async def _repair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[dict[str, list[str]]]]:
    """Run ``verax log repair --json`` and return what it printed."""
    for name, value in _environ(tmp_path).items():
        monkeypatch.setenv(name, value)
    printed = io.StringIO()

    def call() -> int:
        with contextlib.redirect_stdout(printed):
            return run(["log", "repair", "--json"])

    assert await asyncio.to_thread(call) == 0  # the command has an event loop of its own
    result: dict[str, list[dict[str, list[str]]]] = json.loads(printed.getvalue())
    return result


async def test_an_older_database_is_not_repaired_away(config: Config) -> None:
    await _found(config)
    db = open_database(Home(config.home).database_path)
    db.write_now(lambda tx: tx.execute("DELETE FROM log_entries WHERE log_id = 0 AND idx = 4"))
    db.close()
    with pytest.raises(RolledBack):
        await repair_logs(config, AROUND.clock)


async def test_a_start_that_ended_before_the_first_entry_is_taken_up_with_the_same_keys(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*parts: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(GovernanceStore, "begin", die)
    with pytest.raises(KeyboardInterrupt):
        await _found(config)
    keys = load_server_keys(Home(config.home).keys_dir)
    monkeypatch.undo()
    fingerprint = await _found(config)
    assert load_server_keys(Home(config.home).keys_dir) == keys
    assert await _fingerprint(config) == fingerprint


async def test_a_log_without_its_checkpoint_or_its_keys_is_never_founded_over(config: Config) -> None:
    await _found(config)
    home = Home(config.home)
    keys = load_server_keys(home.keys_dir)
    (home.governance_dir / "checkpoint").rename(home.path / "aside")
    with pytest.raises(CorruptStore, match="no checkpoint file"):
        await found(config, CODE.data, AROUND)
    assert load_server_keys(home.keys_dir) == keys
    (home.path / "aside").rename(home.governance_dir / "checkpoint")
    (home.keys_dir / "server.json").unlink()
    with pytest.raises(ConfigError, match="the keys that sign it are gone"):
        await found(config, CODE.data, AROUND)
    assert not (home.keys_dir / "server.json").exists()
