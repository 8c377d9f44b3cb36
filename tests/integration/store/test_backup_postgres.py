"""A backup beside PostgreSQL: files without rows, which fit the rows that are dumped right after."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from verax.config import Config
from verax.kernel.checkpoint import open_checkpoint
from verax.store.clock import SystemClock
from verax.store.home import Home
from verax.store.keys import load_server_keys
from verax.surfaces.backups import ROWS_ELSEWHERE, read_backup, write_backup
from verax.surfaces.founding import found
from verax.surfaces.installation import Installation, Surroundings
from verax.surfaces.repair import repair_logs
from verax.surfaces.restoring import restore_backup
from verax.testing.installations import PORTABLE
from verax.testing.releases import make_release
from verax.testing.turns import FixedRuntime

pytestmark = pytest.mark.postgres


async def test_files_and_rows_are_kept_apart_and_fit_together_again(postgres_url: str, tmp_path: Path) -> None:
    config = Config(home=tmp_path / "home", keyring=tmp_path / "keys", database_url=postgres_url)
    around = Surroundings(FixedRuntime(PORTABLE.digest))
    assert await found(config, PORTABLE.data, around, {"assistant": make_release("You answer.")}) is not None
    now_ms = SystemClock().now_ms()
    data = b"".join(await asyncio.to_thread(lambda: list(write_backup(config, now_ms, None))))
    manifest = await asyncio.to_thread(read_backup, io.BytesIO(data).read, None)
    assert (manifest.has_rows, manifest.logs) == (False, ())
    assert b"SQLite format 3" not in data
    assert "pg_dump" in ROWS_ELSEWHERE

    # The rows go on for a while; then they are dumped and restored, which this test does by leaving them there.
    installation = await Installation.open(config, around)
    await installation.governance.alarm("prompt/differs", "assistant", {"count": 1})
    await installation.close()

    restored_to = config.model_copy(update={"home": tmp_path / "restored"})
    restored = await restore_backup(io.BytesIO(data).read, None, restored_to, SystemClock())
    assert restored.logs == ()
    repaired = await repair_logs(restored_to, SystemClock())
    assert repaired[0].written, "the tiles are made anew from the rows"
    keys = load_server_keys(Home(restored_to.home).keys_dir)
    assert keys is not None
    note = (Home(restored_to.home).governance_dir / "checkpoint").read_bytes()
    checkpoint = open_checkpoint(note, keys.governance_origin, [keys.governance_signer().verifier])
    # The folder's mark is older than the rows: what came in meanwhile is told by one more entry, an alarm.
    assert checkpoint.size == repaired[0].size + 1
