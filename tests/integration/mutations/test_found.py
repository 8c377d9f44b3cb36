"""What mutations found, each made again: a change that was silent, or refused without a word, is so no more."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest
from bench.mutations.case import Case
from bench.mutations.forge import Forgery

from verax.kernel.drafting import draft_back
from verax.kernel.dsse import sign_envelope
from verax.kernel.statement import Basis

from .conftest import Play


def run_sql(case: Case, sql: str, *values: object) -> str:
    connection = apsw.Connection(str(case.database))
    connection.execute(sql, values)
    connection.close()
    return sql


def put_a_pipe(case: Case) -> str:
    path = case.home / "keys" / "server.json"
    path.unlink()
    os.mkfifo(path)
    return "a pipe instead of the keys"


def test_a_pipe_in_the_place_of_a_file_ends_the_start_instead_of_holding_it(play: Play) -> None:
    outcome = play(put_a_pipe)
    assert (outcome.verdict, outcome.codes) == ("refused", ["config/invalid"])


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TRIGGER planted BEFORE INSERT ON turns BEGIN SELECT RAISE(IGNORE); END",
        "CREATE VIEW planted AS SELECT * FROM turns",
        "ALTER TABLE turns ADD COLUMN planted TEXT",
        "DROP INDEX messages_of_branch",
    ],
)
def test_a_schema_that_no_migration_made_ends_the_start(play: Play, sql: str) -> None:
    outcome = play(lambda case: run_sql(case, sql))
    assert (outcome.verdict, outcome.codes) == ("refused", ["store/corrupt"])


def shadow_the_entries(case: Case) -> str:
    run_sql(case, "ALTER TABLE log_entries RENAME TO hidden")
    return run_sql(case, "CREATE VIEW log_entries AS SELECT * FROM hidden")


def test_a_table_that_is_exchanged_under_a_running_server_is_an_alarm(play: Play) -> None:
    outcome = play(shadow_the_entries, is_running=True)
    assert outcome.verdict == "refused"
    assert "store/corrupt" in outcome.alarms


def test_segments_that_are_not_those_of_the_prompt_are_not_shown(play: Play) -> None:
    outcome = play(lambda case: run_sql(case, "UPDATE turns SET segments = CAST('[]' AS BLOB)"))
    assert (outcome.verdict, outcome.codes) == ("refused", ["store/corrupt"])


def test_a_turn_whose_leaf_was_never_queued_is_an_alarm(play: Play) -> None:
    for by in (1000, -1000):
        outcome = play(lambda case: run_sql(case, "UPDATE turns SET idx = idx + ?", by))  # noqa: B023 - played at once
        assert (outcome.verdict, outcome.codes) == ("refused", ["store/corrupt"])


def test_a_text_that_is_no_text_is_a_damaged_database(play: Play) -> None:
    outcome = play(lambda case: run_sql(case, "UPDATE logs SET origin = CAST(x'ff41' AS TEXT) WHERE id = 0"))
    assert outcome.verdict == "refused"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE schema_version SET version = x'00' WHERE version = 1",
        "UPDATE turns SET secret = x'00'",
        "DELETE FROM log_entries",
    ],
)
def test_values_that_a_row_cannot_have_are_a_damaged_database(play: Play, sql: str) -> None:
    for is_running in (False, True):
        outcome = play(lambda case: run_sql(case, sql), is_running=is_running)
        assert outcome.verdict in ("refused", "identical")  # a running server does not read the version again


def test_a_database_of_another_log_is_noted_as_a_refused_start(play: Play) -> None:
    outcome = play(lambda case: run_sql(case, "UPDATE logs SET origin = 'other/replies/0' WHERE id = 1"))
    assert (outcome.verdict, outcome.alarms) == ("refused", ["log/other-origin"])


def lose_a_manifest(case: Case) -> str:
    next(path for path in case.files("blobs") if b'"name":"companion-1"' in path.read_bytes()).unlink()
    return "the manifest of a head deleted"


def test_the_lost_manifest_of_a_release_that_serves_is_an_alarm(play: Play) -> None:
    outcome = play(lose_a_manifest)
    assert (outcome.verdict, outcome.alarms) == ("refused", ["kernel/fold"])


def lose_a_turn(case: Case) -> str:
    return run_sql(case, "CREATE TRIGGER planted AFTER INSERT ON turns BEGIN DELETE FROM turns WHERE id = NEW.id; END")


def test_a_turn_whose_row_vanishes_while_it_runs_is_an_alarm(play: Play) -> None:
    outcome = play(lose_a_turn, is_running=True)
    assert outcome.verdict == "refused"
    assert "store/corrupt" in outcome.alarms


def lose_the_reply_log(case: Case) -> str:
    shutil.rmtree(case.home / "log" / "replies")
    return "the folder of the reply log deleted"


def test_a_reply_log_that_is_gone_under_a_running_server_is_an_alarm(play: Play) -> None:
    outcome = play(lose_the_reply_log, is_running=True)
    assert outcome.verdict == "refused"


def change_code(case: Case) -> str:
    case.package["verax/kernel/fold.py"] = b"# nothing is refused\n"
    return "the fold replaced"


def test_a_start_on_code_that_nobody_admitted_is_an_alarm(play: Play) -> None:
    outcome = play(change_code)
    assert (outcome.verdict, outcome.codes, outcome.alarms) == (
        "refused",
        ["runtime/not-admitted"],
        ["runtime/not-admitted"],
    )


def without_cosignatures(path: Path) -> None:
    body, _, signatures = path.read_text().rpartition("\n\n")
    path.write_text(f"{body}\n\n{signatures.splitlines()[0]}\n")


def take_cosignatures(case: Case) -> str:
    case.is_cut_off = True
    (case.governance / "checkpoint.witnessed").unlink()
    without_cosignatures(case.governance / "checkpoint")
    return "cosignatures taken away, the witness cut off"


def take_all_cosignatures(case: Case) -> str:
    without_cosignatures(case.home / "governance.seen")
    return take_cosignatures(case)


def test_what_was_adopted_with_its_quorum_stays_so_when_the_other_files_lose_theirs(play: Play) -> None:
    assert play(take_cosignatures).verdict == "identical"


def test_a_channel_that_falls_back_because_no_quorum_is_left_is_an_alarm(play: Play) -> None:
    outcome = play(take_all_cosignatures)
    assert (outcome.verdict, outcome.alarms) == ("in the open", ["witness/waiting"])
    assert {item.partition(":")[0] for item in outcome.changed} == {"channel news", "go on news user-b"}


def freeze(case: Case) -> Forgery:
    """Add a freeze by the monitor's key, which lies on the disk."""
    forgery = Forgery.of(case)
    state = forgery.state
    basis = Basis(state.root.origin, state.root.version, state.size, state.tree_root.hex(), secrets.token_hex(16), 1)
    draft = draft_back(state, basis, "companion", "freeze", str(state.channels["companion"].head), "forged")
    for data in draft.blobs.values():
        forgery.put(data)
    forgery.entries.append(sign_envelope(draft.payload, [("monitor", forgery.keys.seeds["monitor"])]))
    return forgery


def insert_a_freeze(case: Case) -> str:
    freeze(case).write_rows(moves_tree=False)
    return "a freeze inserted into the database"


def test_an_entry_with_an_effect_that_came_in_beside_the_door_is_an_alarm(play: Play) -> None:
    outcome = play(insert_a_freeze)
    assert (outcome.verdict, outcome.codes) == ("refused", ["governance/frozen"]) or outcome.verdict == "in the open"
    assert outcome.alarms == ["log/foreign"]


def freeze_as_the_server(case: Case) -> str:
    freeze(case).write_all()
    return "a freeze, with every mark signed as the server would have"


def test_whoever_has_the_keys_of_the_server_can_do_what_it_may_do_and_the_log_shows_it(play: Play) -> None:
    assert play(freeze_as_the_server).verdict in ("as the server", "in the open")


def cut_the_database(case: Case) -> str:
    os.truncate(case.database, 0)
    return "the database cut to nothing"


def test_a_server_whose_database_was_cut_to_nothing_tells_it_and_ends(play: Play) -> None:
    outcome = play(cut_the_database, is_running=True)
    assert outcome.verdict == "refused", outcome
    assert "store/corrupt" in outcome.alarms


def cut_the_index(case: Case) -> str:
    command = [sys.executable, "-m", "bench.mutations.index", str(case.folder), str(case.world.folder)]
    ended = subprocess.run(command, cwd=Path(__file__).resolve().parents[3], capture_output=True, timeout=120)
    assert ended.returncode == -signal.SIGBUS, ended.stderr
    return "a server killed by cutting the index of its write-ahead log"


def test_a_server_that_dies_of_a_cut_index_starts_again_and_answers_as_before(play: Play) -> None:
    assert play(cut_the_index).verdict == "identical"
