"""Backups of a running installation: whole under load, refused when changed, honest about what they lose."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.canonical import hex_digest
from verax.kernel.errors import VeraxError
from verax.kernel.note import parse_verifier_keys
from verax.kernel.receipt import Receipt, verify_receipt
from verax.models.registry import Backends, BackendSettings
from verax.store import age
from verax.store.backup import remove_leftovers
from verax.store.clock import SystemClock
from verax.store.home import Home, lock_home
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.direct import with_accounts
from verax.surfaces.cli.keyring import Credentials, Keyring
from verax.surfaces.cli.logs import Audit, audit_installation
from verax.surfaces.cli.runtimes import measure_code
from verax.surfaces.cli.sources import FolderSource
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.turns import FixedRuntime

Verax = Callable[..., Any]

PASSPHRASE = "correct horse battery"


@pytest.fixture
def own(unlimited: Any) -> Any:
    """An installation that takes as many requests as come."""
    return unlimited


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age, "_LOG_N", 2)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Type a line on stdin before the next command."""

    def type_line(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{text}\n"))

    return type_line


def ask(client: Client, question: str = "Who wrote Hamlet?") -> str:
    """Ask, and return the turn's id."""
    body = {"model": "assistant", "messages": [{"role": "user", "content": question}]}
    answer = client.post_json("/v1/chat/completions", body)
    return str(answer["verax"]["id"])


def wait_integrated(client: Client, turn_id: str) -> None:
    """Wait until the leaf of a turn is in a published tree."""
    pause = threading.Event()
    for _ in range(600):
        if client.get(f"/v1/receipts/{turn_id}").status == 200:
            return
        pause.wait(0.05)
    raise AssertionError("the leaf was not integrated")


@contextlib.contextmanager
def client_of(world: Any) -> Iterator[Client]:
    client = Client(world.url, world.identity.credentials.api_key)
    yield client
    client.close()


@contextlib.contextmanager
def load(world: Any) -> Iterator[list[str]]:
    """Ask from two threads until the block ends; yields the turns that were answered."""
    stop, turns, faults = threading.Event(), [], []

    def work() -> None:
        try:
            with client_of(world) as client:
                while not stop.is_set():
                    turns.append(ask(client))
        except VeraxError as error:
            faults.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield turns
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert faults == []


def audit(world: Any, home: Path, folder: Path) -> Audit:
    """Audit a data folder with a fresh keyring that pins the log keys of the first installation."""
    known = world.identity
    keyring = Keyring(folder / "fresh-keys")
    credentials = Credentials(known.credentials.name, world.url, str(home), known.credentials.fingerprint)
    identity = keyring.create(credentials)
    identity.pin_log_keys(known.log_keys())
    return audit_installation(FolderSource(home), identity)


@contextlib.asynccontextmanager
async def opened(world: Any, home: Path) -> Any:
    """Open a restored data folder as a server would."""
    config = world.session.config.model_copy(update={"home": home})
    backends = Backends(BackendSettings(), lambda name: None, {})
    runtime = FixedRuntime(measure_code().portable.digest, "00" * 32)
    installation = await Installation.open(config, Surroundings(runtime, backends=backends))
    try:
        yield installation
    finally:
        await installation.close()
        await backends.close()


def create(world: Any, verax: Verax, typed: Callable[[str], None], target: Path) -> Any:
    typed(PASSPHRASE)
    ran = verax(world, "backup", "create", str(target), "--stdin")
    assert ran.code == 0, ran.err
    return ran


def restore(world: Any, verax: Verax, typed: Callable[[str], None], source: Path, home: Path) -> Any:
    typed(PASSPHRASE)
    return verax(world, "--home", str(home), "backup", "restore", str(source), "--stdin")


def test_a_backup_under_load_restores_to_an_installation_that_verifies(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        before = [ask(client) for _ in range(300)]  # more than one full tile
        with load(own):
            create(own, verax, typed, tmp_path / "one.age")
        wait_integrated(client, before[-1])
        receipts = {turn_id: client.get_bytes(f"/v1/receipts/{turn_id}") for turn_id in before[:5]}
        keys = parse_verifier_keys(client.get_bytes("/log/key").decode())
    home = tmp_path / "restored"
    ran = restore(own, verax, typed, tmp_path / "one.age", home)
    assert ran.code == 0, ran.err
    found = audit(own, home, tmp_path)
    assert found.is_verified, found.steps

    async def check() -> None:
        async with opened(own, home) as installation:
            live = installation.replies.live
            await live.wait_published(live.log.appended_now() - 1, 60)  # what was promised when the copy was made
            assert live.published.size >= len(before)
            for turn_id, receipt in receipts.items():
                restored = await installation.receipts.receipt(turn_id, ("reply",))
                for data in (receipt, restored):
                    assert verify_receipt(Receipt.parse(data), keys, b"Hamlet was written by William Shakespeare.")
            assert [user.name for user in await installation.accounts.users()] == ["owner"]

    asyncio.run(check())
    assert audit(own, home, tmp_path / "again").is_verified


def test_what_is_restored_is_private_and_nothing_is_left_over(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        ask(client)
    create(own, verax, typed, tmp_path / "one.age")
    assert (tmp_path / "one.age").stat().st_mode & 0o077 == 0
    home = tmp_path / "deep" / "restored"
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0
    for path in [home, *home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert [path.name for path in home.parent.iterdir()] == ["restored"]
    assert not list(own.home.glob(".backup-*"))
    assert not list(tmp_path.glob(".one.age*"))
    with lock_home(Home(home)):
        pass


def test_a_backup_says_what_it_holds(own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path) -> None:
    with client_of(own) as client:
        size = client.get_json("/v1/governance/state")["size"]
    create(own, verax, typed, tmp_path / "one.age")
    typed(PASSPHRASE)
    ran = verax(own, "backup", "verify", str(tmp_path / "one.age"), "--stdin", "--json")
    found = json.loads(ran.out)
    assert (found["installation"], found["rows"]) == (own.identity.credentials.name, True)
    assert [log["log"].rpartition("/")[2] for log in found["logs"]] == ["governance", "0"]
    assert found["logs"][0]["size"] == size


def test_the_texts_and_keys_in_it_are_encrypted(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        ask(client, "a private question about Hamlet")
    create(own, verax, typed, tmp_path / "one.age")
    seed = json.loads((own.home / "keys" / "server.json").read_bytes())["seeds"]["governance"].encode()
    ran = verax(own, "backup", "create", str(tmp_path / "open.tar"), "--unencrypted-unsafe")
    assert ran.code == 0
    assert "NOT encrypted" in ran.err
    for secret in (b"a private question", seed):
        assert secret in (tmp_path / "open.tar").read_bytes()
        assert secret not in (tmp_path / "one.age").read_bytes()
    assert verax(own, "backup", "verify", str(tmp_path / "open.tar")).code == 0
    home = tmp_path / "restored"
    assert verax(own, "--home", str(home), "backup", "restore", str(tmp_path / "open.tar")).code == 0
    assert audit(own, home, tmp_path).is_verified


def test_witnessed_checkpoints_are_marks_too(own: Any, verax: Verax, tmp_path: Path) -> None:
    folder = own.home / "log" / "governance"
    (folder / "checkpoint.witnessed").write_bytes((folder / "checkpoint").read_bytes())
    assert verax(own, "backup", "create", str(tmp_path / "open.tar"), "--unencrypted-unsafe").code == 0
    home = tmp_path / "restored"
    assert verax(own, "--home", str(home), "backup", "restore", str(tmp_path / "open.tar")).code == 0
    restored = home / "log" / "governance" / "checkpoint.witnessed"
    assert restored.read_bytes() == (folder / "checkpoint").read_bytes()


def test_people_s_keys_weights_and_log_lines_are_not_in_it(own: Any, verax: Verax, tmp_path: Path) -> None:
    (own.home / "weights").mkdir()
    (own.home / "weights" / "big.gguf").write_bytes(b"weights")
    (own.home / "server.log").write_text("lines")
    (own.home / "config.toml").write_text("max_messages = 1999\n")
    (own.home / "link").symlink_to("/etc/passwd")
    assert verax(own, "backup", "create", str(tmp_path / "open.tar"), "--unencrypted-unsafe").code == 0
    home = tmp_path / "restored"
    assert verax(own, "--home", str(home), "backup", "restore", str(tmp_path / "open.tar")).code == 0
    names = {path.relative_to(home).as_posix() for path in home.rglob("*")}
    assert {"config.toml", "keys/server.json", "governance.seen", "verax.db"} <= names
    assert not {"weights", "server.log", "link", "backup.json", "SHA256SUMS"} & names
    assert not [name for name in names if "daily" in name or name.endswith(".part")]


@pytest.mark.parametrize("passphrase", ["wrong horse battery", ""])
def test_a_wrong_passphrase_restores_nothing(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path, passphrase: str
) -> None:
    create(own, verax, typed, tmp_path / "one.age")
    for command in (["backup", "verify"], ["backup", "restore"]):
        typed(passphrase)
        ran = verax(own, "--home", str(tmp_path / "restored"), *command, str(tmp_path / "one.age"), "--stdin")
        assert ran.code == 3
        assert "passphrase does not open it" in ran.err
    assert sorted(path.name for path in tmp_path.iterdir() if "restor" in path.name) == []


@pytest.mark.parametrize("is_encrypted", [True, False])
def test_a_damaged_backup_restores_nothing(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path, is_encrypted: bool
) -> None:
    with client_of(own) as client:
        ask(client)
    good = tmp_path / "good"
    if is_encrypted:
        create(own, verax, typed, good)
    else:
        verax(own, "backup", "create", str(good), "--unencrypted-unsafe")
    data = good.read_bytes()
    flipped = bytearray(data)
    flipped[data.index(b"SQLite format 3") + 5000 if not is_encrypted else len(data) // 2] ^= 1
    for number, bad in enumerate((data[: len(data) // 2], data[:-2048], bytes(flipped), data + b"x", b"")):
        source = tmp_path / f"bad-{number}"
        source.write_bytes(bad)
        for command in ("verify", "restore"):
            typed(PASSPHRASE)
            ran = verax(own, "--home", str(tmp_path / "restored"), "backup", command, str(source), "--stdin")
            assert ran.code == 3, (number, command, ran.err)
    assert not (tmp_path / "restored").exists()
    assert not list(tmp_path.glob(".restored*"))


def test_nothing_is_restored_over_something(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    create(own, verax, typed, tmp_path / "one.age")
    home = tmp_path / "taken"
    home.mkdir()
    (home / "precious").write_text("x")
    ran = restore(own, verax, typed, tmp_path / "one.age", home)
    assert ran.code == 2
    assert [path.name for path in home.iterdir()] == ["precious"]
    assert restore(own, verax, typed, tmp_path / "one.age", own.home).code == 2
    (home / "precious").unlink()
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0


def test_no_file_is_overwritten_and_no_short_passphrase_taken(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    target = tmp_path / "one.age"
    typed("short")
    assert verax(own, "backup", "create", str(target), "--stdin").code == 1
    assert not target.exists()
    assert verax(own, "backup", "create", str(target)).code == 2, "nobody is there to ask"
    target.write_text("precious")
    typed(PASSPHRASE)
    assert verax(own, "backup", "create", str(target), "--stdin").code == 1
    assert target.read_text() == "precious"


def test_whoever_saw_more_than_an_older_backup_holds_sees_that_the_log_went_back(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        ask(client)
        create(own, verax, typed, tmp_path / "one.age")
        for _ in range(3):
            last = ask(client)
        wait_integrated(client, last)
    assert json.loads(verax(own, "log", "verify", "--json").out)["verified"] is True
    home = tmp_path / "restored"
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0
    assert audit(own, home, tmp_path).is_verified, "for itself the older installation is sound"
    seen = audit_installation(FolderSource(home), own.identity)
    assert seen.has_failed
    assert "this machine saw" in next(step.detail for step in seen.steps if step.state == "failed")


def test_newer_log_files_beside_an_older_database_stop_the_server(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        ask(client)
        create(own, verax, typed, tmp_path / "one.age")
        wait_integrated(client, ask(client))
        newer = client.get_bytes("/replies/0/checkpoint")
    home = tmp_path / "restored"
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0
    (home / "log" / "replies" / "0" / "checkpoint").write_bytes(newer)
    for command in (["log", "repair"],):
        ran = verax(own, "--home", str(home), *command)
        assert ran.code == 3
        assert "an older database was put in place" in ran.err

    async def start() -> None:
        async with opened(own, home):
            raise AssertionError("it started")

    with pytest.raises(VeraxError) as caught:
        asyncio.run(start())
    assert caught.value.reason_code == "log/rolled-back"


def post(world: Any, path: str, body: dict[str, Any], key: str = "") -> Any:
    client = Client(world.url, key or world.identity.credentials.api_key)
    try:
        return client.post_json(path, body)
    finally:
        client.close()


def fetch(world: Any, path: str) -> tuple[int, bytes, Any]:
    """Get a file as a browser would, to its end."""
    headers = {"Authorization": f"Bearer {world.identity.credentials.api_key}"}
    request = urllib.request.Request(world.url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_a_backup_is_streamed_over_http_once(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with client_of(own) as client:
        ask(client)
    with load(own):
        offer = post(own, "/v1/admin/backups", {"passphrase": PASSPHRASE})
        status, data, headers = fetch(own, offer["path"])
    assert status == 200
    assert headers["content-disposition"] == f'attachment; filename="{offer["file_name"]}"'
    assert headers["cache-control"] == "no-store"
    assert fetch(own, offer["path"])[0] == 404
    (tmp_path / "one.age").write_bytes(data)
    home = tmp_path / "restored"
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0
    assert audit(own, home, tmp_path).is_verified
    health = post_free_get(own, "/v1/admin/health")
    assert next(item for item in health["data"] if item["name"] == "backup")["detail"] == "made today"


def post_free_get(world: Any, path: str) -> Any:
    client = Client(world.url, world.identity.credentials.api_key)
    try:
        return client.get_json(path)
    finally:
        client.close()


def test_a_reader_who_leaves_holds_nothing_up(own: Any, verax: Verax) -> None:
    with client_of(own) as client:
        for _ in range(3):
            ask(client)
    for _ in range(3):
        offer = post(own, "/v1/admin/backups", {"unencrypted_unsafe": True})
        host, _, port = own.url.removeprefix("http://").partition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=60)
        connection.request(
            "GET", offer["path"], headers={"Authorization": f"Bearer {own.identity.credentials.api_key}"}
        )
        connection.getresponse().read(10)
        connection.close()
    deadline = threading.Event()
    for _ in range(600):
        offer = post(own, "/v1/admin/backups", {"unencrypted_unsafe": True})
        status, data, _ = fetch(own, offer["path"])
        if status == 200:
            break
        deadline.wait(0.05)
    assert status == 200
    assert len(data) > 100_000
    for _ in range(600):
        if not list(own.home.glob(".backup-*")):
            break
        deadline.wait(0.05)
    assert not list(own.home.glob(".backup-*"))


def test_an_offer_is_its_owners_alone(own: Any, verax: Verax) -> None:
    offer = post(own, "/v1/admin/backups", {"passphrase": PASSPHRASE})
    verax(own, "user", "add", "eve", "--no-password", "--role", "owner")
    key = verax(own, "key", "create", "laptop", "--user", "eve").out.strip()
    request = urllib.request.Request(own.url + offer["path"], headers={"Authorization": f"Bearer {key}"})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=60)
    caught.value.close()
    assert caught.value.code == 404


def test_a_killed_backup_leaves_nothing_for_ever(own: Any, verax: Verax) -> None:
    left = own.home / ".backup-0123"
    left.mkdir()
    (left / "verax.db").write_bytes(b"x")
    now_ms = SystemClock().now_ms()
    remove_leftovers(Home(own.home), now_ms)
    assert left.exists(), "it may still run"
    remove_leftovers(Home(own.home), now_ms + 7_200_000)
    assert not left.exists()


def test_an_account_of_the_backup_signs_in_after_the_restore(
    own: Any, verax: Verax, typed: Callable[[str], None], tmp_path: Path
) -> None:
    with_accounts(own.session, lambda accounts: accounts.create_user("ann", password="a password of hers"))
    create(own, verax, typed, tmp_path / "one.age")
    home = tmp_path / "restored"
    assert restore(own, verax, typed, tmp_path / "one.age", home).code == 0

    async def check() -> None:
        async with opened(own, home) as installation:
            assert (await installation.accounts.authenticate("ann", "a password of hers")).name == "ann"

    asyncio.run(check())
    assert hex_digest((home / "keys" / "server.json").read_bytes()) == hex_digest(
        (own.home / "keys" / "server.json").read_bytes()
    )
