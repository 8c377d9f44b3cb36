"""Translation of SQL and of text for PostgreSQL; the rest needs a server and runs in tests/integration."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import BusyError, ConflictError, CorruptStore, StorageError, StoreFull, VeraxError
from verax.store.database_postgres import _escape, _explain, _unescape, to_psycopg
from verax.store.database_types import DeadlockError


@pytest.mark.parametrize(
    ("sql", "translated"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT * FROM t WHERE a = ? AND b = ?", "SELECT * FROM t WHERE a = %s AND b = %s"),
        ("SELECT '?', \"?\", ?", "SELECT '?', \"?\", %s"),
        ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', %s"),
        ("SELECT a % 2 FROM t WHERE b LIKE '5%'", "SELECT a %% 2 FROM t WHERE b LIKE '5%%'"),
        ("SELECT ? -- why?\n, ?", "SELECT %s -- why?\n, %s"),
        ("SELECT ? -- why?", "SELECT %s -- why?"),
    ],
)
def test_placeholders_become_psycopgs_and_literals_stay(sql: str, translated: str) -> None:
    assert to_psycopg(sql) == translated.encode()


@given(st.lists(st.one_of(st.text(alphabet="a\0\ufdd001"), st.integers(), st.binary(), st.none()), max_size=4))
def test_escaped_text_holds_no_nul_and_comes_back(values: list[str | int | bytes | None]) -> None:
    escaped = _escape(values)
    assert not any(isinstance(value, str) and "\0" in value for value in escaped)
    assert _unescape([escaped]) == [tuple(values)]


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (psycopg.errors.DiskFull("full"), StoreFull, "disk is full"),
        (psycopg.errors.TooManyConnections("many"), BusyError, "busy"),
        (psycopg.errors.LockNotAvailable("held"), BusyError, "busy"),
        (psycopg.errors.DeadlockDetected("met"), DeadlockError, "two writers met"),
        (psycopg.errors.SerializationFailure("met"), DeadlockError, "two writers met"),
        (psycopg.errors.UniqueViolation("twice"), ConflictError, "refused the row"),
        (psycopg.errors.DataCorrupted("page 7"), CorruptStore, "damage"),
        (psycopg.errors.AdminShutdown("bye"), StorageError, "cannot be reached"),
        (psycopg.OperationalError("no route"), StorageError, "cannot be reached"),
        (psycopg.errors.SyntaxError("near FROM"), StorageError, "42601"),
    ],
)
def test_every_kind_of_server_error_has_its_class_and_a_thing_to_do(
    error: psycopg.Error, expected: type[VeraxError], words: str
) -> None:
    found = _explain(error, "postgresql localhost/verax")
    assert type(found) is expected
    assert words in found.message
    assert "localhost/verax" in found.message or expected is ConflictError
