"""``verax change``, ``runtime``, ``model``, ``status`` and ``log`` against a real server."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.canonical import hex_digest
from verax.kernel.runtime import PortableRuntime
from verax.models.weights import DEFAULT_WEIGHTS_FILE, default_weights_folder, hash_file
from verax.store.home import Home
from verax.surfaces.cli import runtimes
from verax.testing.releases import manifest_toml
from verax.testing.upstream import Script, Upstream

GUARD = """
[guard]
input = [{ detector = "secrets", action = "refuse" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""
SENTENCE = "You always end your answers with a friendly joke about the weather."

Verax = Callable[..., Any]


@pytest.fixture
def upstream() -> Iterator[str]:
    """An OpenAI-compatible server that offers the model ``big``; its address ends in /v1."""
    ready = threading.Event()
    stop: list[Callable[[], object]] = []
    urls: list[str] = []

    async def serve() -> None:
        async with Upstream(Script(text="I am the big model.")) as running:
            urls.append(running.url)
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            stop.append(lambda: loop.call_soon_threadsafe(ended.set))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(30)
    yield urls[0]
    stop[0]()
    thread.join(30)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files of a folder and says nothing."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        return


def write_manifest(folder: Path, system: str) -> str:
    path = folder / "next.toml"
    path.write_text(manifest_toml(system, name="next", guard=GUARD), encoding="utf-8")
    return str(path)


def head(world: Any, verax: Verax) -> str:
    release: str = json.loads(verax(world, "status", "--json").out)["governance"]["channels"]["assistant"]["release"]
    return release


def test_status_says_what_each_channel_serves(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "status")
    assert ran.code == 0
    assert "ready" in ran.out
    assert "solo" in ran.out
    shown = json.loads(verax(shared, "status", "--json").out)
    assert shown["running"] is True
    assert shown["governance"]["channels"]["assistant"]["mode"] == "solo"


def test_status_without_a_server_exits_1(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "--url", "http://localhost:1", "status", "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["running"] is False


def test_a_second_server_on_the_folder_is_not_started(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "up")
    assert ran.code == 0
    assert "already running" in ran.err


def test_a_change_is_proposed_reviewed_shown_and_admitted_step_by_step(own: Any, verax: Verax, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, "You answer in rhymes.")
    before = head(own, verax)
    proposed = verax(own, "change", "propose", manifest, "--reason", "Rhymes are nice.", "--yes")
    assert proposed.code == 0, proposed.err
    assert "prompt.system" in proposed.err
    change = proposed.out.strip()
    assert head(own, verax) == before
    shown = json.loads(verax(own, "change", "show", change, "--json").out)
    assert (shown["status"], shown["reason"], shown["authors"]) == ("open", "Rhymes are nice.", ["owner"])
    assert verax(own, "change", "review", change[:8], "--approve", "--yes").code == 0
    admitted = verax(own, "change", "admit", change[:8], "--yes")
    assert admitted.code == 0, admitted.err
    assert head(own, verax) == shown["candidate"]
    assert json.loads(verax(own, "change", "list", "--json").out)["changes"] == []
    asked = json.loads(verax(own, "ask", "--json", "Who wrote Hamlet?").out)
    assert asked["release"] == shown["candidate"]
    assert json.loads(verax(own, "log", "verify", "--json").out)["verified"] is True


def test_a_rollback_bans_what_it_takes_back(own: Any, verax: Verax, tmp_path: Path) -> None:
    first = head(own, verax)
    manifest = write_manifest(tmp_path, SENTENCE)
    assert verax(own, "change", "propose", manifest, "--reason", "Jokes.", "--admit", "--yes").code == 0
    assert head(own, verax) != first
    rolled = verax(own, "channel", "rollback", "assistant", "--reason", "No jokes.", "--yes")
    assert rolled.code == 0, rolled.err
    assert head(own, verax) == first
    again = verax(own, "change", "propose", manifest, "--reason", "Jokes again.", "--admit", "--yes")
    assert again.code == 3
    assert "rolled back" in again.err
    assert head(own, verax) == first


def test_a_frozen_channel_answers_nobody_until_it_is_unfrozen(own: Any, verax: Verax) -> None:
    assert verax(own, "channel", "freeze", "assistant", "--reason", "Looking into it.", "--yes").code == 0
    asked = verax(own, "ask", "Who wrote Hamlet?")
    assert asked.code == 3
    assert "frozen" in asked.err
    thawed = verax(own, "channel", "unfreeze", "assistant", "--reason", "It was nothing.", "--yes")
    assert thawed.code == 0, thawed.err
    assert verax(own, "ask", "Who wrote Hamlet?").code == 0
    assert verax(own, "channel", "unfreeze", "assistant", "--reason", "x", "--yes").code == 1


def test_nothing_is_signed_without_a_yes(own: Any, verax: Verax, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path, "You answer in rhymes.")
    ran = verax(own, "change", "propose", manifest, "--reason", "x")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert json.loads(verax(own, "change", "list", "--json").out)["changes"] == []


def test_a_key_that_the_root_does_not_know_cannot_sign(own: Any, verax: Verax) -> None:
    own.identity.update(key_id="somebody")
    ran = verax(own, "channel", "freeze", "assistant", "--reason", "x", "--yes")
    assert ran.code == 3
    assert "not in the root in force" in ran.err


def test_a_stolen_name_with_another_key_has_no_effect(own: Any, verax: Verax) -> None:
    identity = own.identity
    (identity.folder / "daily.key").unlink()
    identity.keep_daily_seed(bytes(32))
    ran = verax(own, "channel", "freeze", "assistant", "--reason", "x", "--yes")
    assert ran.code == 3
    assert "no effect" in ran.err


def test_the_database_cannot_move_a_head(own: Any, verax: Verax) -> None:
    before = head(own, verax)
    (Home(own.home).path / "config.toml").write_text('log_level = "info"\n')
    assert head(own, verax) == before
    (Home(own.home).path / "config.toml").write_text('release = "x"\n')
    assert verax(own, "status").code == 2


def test_the_installed_code_is_compared_with_the_admitted_runtime(shared: Any, verax: Verax) -> None:
    shown = json.loads(verax(shared, "runtime", "show", "--json").out)
    assert shown["admitted"]
    if shown["same"]:
        assert "already" in verax(shared, "runtime", "admit", "--yes").err


def test_changed_code_is_shown_file_by_file_and_admitted_by_one_command(
    own: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = runtimes.measure_code()
    runtimes.keep_listing(own.home, old)
    listing = old.listing + f"{'ab' * 32} verax/zz_new.py\n".encode()
    new = runtimes.PortableCode(PortableRuntime(hex_digest(listing), old.portable.lock), listing)
    monkeypatch.setattr(runtimes, "measure_code", lambda: new)
    shown = json.loads(verax(own, "runtime", "show", "--json").out)
    assert shown["changes"] == ["added    verax/zz_new.py"]
    assert verax(own, "runtime", "admit").code == 2
    admitted = verax(own, "runtime", "admit", "--yes")
    assert admitted.code == 0, admitted.err
    assert "added    verax/zz_new.py" in admitted.err
    assert json.loads(verax(own, "runtime", "show", "--json").out)["same"] is True
    refused = verax(own, "ask", "Who wrote Hamlet?")
    assert refused.code == 3
    assert "runtime" in refused.err


def test_changed_code_is_proposed_without_moving_the_head(
    own: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = runtimes.measure_code()
    listing = old.listing + f"{'ab' * 32} verax/zz_new.py\n".encode()
    new = runtimes.PortableCode(PortableRuntime(hex_digest(listing), old.portable.lock), listing)
    runtimes.keep_listing(own.home, old)
    monkeypatch.setattr(runtimes, "measure_code", lambda: new)
    assert verax(own, "runtime", "propose").code == 2
    proposed = verax(own, "runtime", "propose", "--yes", "--reason", "New weights of the verifier.")
    assert proposed.code == 0, proposed.err
    assert "added    verax/zz_new.py" in proposed.err
    change = proposed.out.strip()
    shown = json.loads(verax(own, "change", "show", change, "--json").out)
    assert (shown["channel"], shown["status"], shown["candidate"]) == ("runtime", "open", new.portable.digest)
    assert shown["reason"] == "New weights of the verifier."
    assert json.loads(verax(own, "runtime", "show", "--json").out)["admitted"] == old.portable.digest
    judged = verax(own, "gate", "run", change, "--suite", "verdicts")
    assert judged.code != 0
    assert "it proposes code" in judged.err
    assert verax(own, "ask", "Who wrote Hamlet?").code == 0
    assert verax(own, "change", "admit", change, "--yes").code == 0
    assert "already" in verax(own, "runtime", "propose", "--yes").err


def test_a_remote_model_is_connected_by_one_command(upstream: str, own: Any, verax: Verax) -> None:
    ran = verax(own, "model", "add", "mock", "--url", upstream, "--yes")
    assert ran.code == 0, ran.err
    listed = json.loads(verax(own, "model", "list", "--json").out)["channels"]
    assert [(row["model"], row["backend"], row["weights"]) for row in listed] == [("mock", "remote", "unknown")]
    asked = json.loads(verax(own, "ask", "--json", "Who are you?").out)
    assert asked["reply"] == "I am the big model."
    assert asked["receipt_state"] == "verified"
    opened = verax(own, "receipt", "open", asked["receipt"], "--json")
    assert [check["state"] for check in json.loads(opened.out)["checks"]] == ["verified"] * 3


def test_a_model_that_the_server_lacks_is_not_connected(upstream: str, own: Any, verax: Verax) -> None:
    ran = verax(own, "model", "add", "nonsense", "--url", upstream, "--yes")
    assert ran.code == 1
    assert "offers" in ran.err


def test_the_key_of_a_remote_model_stays_out_of_the_release(
    upstream: str, own: Any, verax: Verax, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("sk-topsecret\n"))
    ran = verax(own, "model", "add", "mock", "--url", upstream, "--key-name", "cloud", "--yes")
    assert ran.code == 0, ran.err
    shown = verax(own, "release", "show", "--json").out
    assert json.loads(shown)["manifest"]["model"]["key_name"] == "cloud"
    assert "topsecret" not in shown + ran.out + ran.err
    assert json.loads(verax(own, "model", "list", "--json").out)["keys"] == ["cloud"]


@pytest.mark.model
def test_a_gguf_file_becomes_a_release_that_names_its_digest(own: Any, verax: Verax) -> None:
    weights = default_weights_folder() / DEFAULT_WEIGHTS_FILE
    if not weights.is_file():
        pytest.skip("the embedded weights are not installed in this environment")
    ran = verax(own, "model", "add", "smol", "--file", str(weights), "--yes")
    assert ran.code == 0, ran.err
    spec = json.loads(verax(own, "release", "show", "--json").out)["manifest"]["model"]
    assert (spec["backend"], spec["weights"]) == ("embedded", hash_file(weights))
    assert (own.home / "weights" / weights.name).samefile(weights)
    verified = json.loads(verax(own, "release", "verify", "--json").out)
    assert {item["name"]: item["state"] for item in verified["checks"]}["weights"] == "verified"


def test_a_file_that_is_no_model_is_refused(own: Any, verax: Verax, tmp_path: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(b"nonsense")
    ran = verax(own, "model", "add", "x", "--file", str(file), "--yes")
    assert ran.code == 1
    assert "x.gguf" in ran.err


def test_a_model_needs_a_place(own: Any, verax: Verax) -> None:
    assert verax(own, "model", "add", "x", "--yes").code == 2


def test_a_model_file_is_pulled_and_checked(shared: Any, verax: Verax, tmp_path: Path) -> None:
    data = b"GGUF" + bytes(range(256)) * 40
    (tmp_path / "tiny.gguf").write_bytes(data)
    handler = partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}/tiny.gguf"
            pulled = verax(shared, "model", "pull", url, "--sha256", hex_digest(data), "--json")
            wrong = verax(shared, "model", "pull", url, "--sha256", "ab" * 32)
        finally:
            server.shutdown()
            thread.join(30)
    shown = json.loads(pulled.out)
    assert (shown["sha256"], shown["size_bytes"], shown["checked"]) == (hex_digest(data), len(data), True)
    assert Path(shown["path"]).read_bytes() == data
    assert wrong.code == 3
    assert "expected SHA-256 abababab" in wrong.err


def test_a_short_name_needs_the_address_of_a_hub(shared: Any, verax: Verax) -> None:
    ran = verax(shared, "model", "pull", "owner/repo/file.gguf")
    assert ran.code == 2
    assert "HF_ENDPOINT" in ran.err


def test_doctor_finds_a_served_installation_sound(shared: Any, verax: Verax) -> None:
    findings = {item["name"]: item["state"] for item in json.loads(verax(shared, "doctor", "--json").out)["findings"]}
    assert findings["server"] == "fine"
    assert findings["governance log"] == "fine"
    assert findings["keyring"] == "fine"


def test_a_key_made_beside_the_running_server_works_at_once(shared: Any, verax: Verax) -> None:
    key = verax(shared, "key", "create", "laptop").out.strip()
    shared.environ["VERAX_API_KEY"] = key
    try:
        assert verax(shared, "ask", "Who wrote Hamlet?").code == 0
    finally:
        del shared.environ["VERAX_API_KEY"]


def test_exporting_needs_the_folder_for_itself(shared: Any, verax: Verax, tmp_path: Path) -> None:
    ran = verax(shared, "user", "export", "owner", str(tmp_path / "x.jsonl"))
    assert ran.code == 1
    assert "held by process" in ran.err
    assert not (tmp_path / "x.jsonl").exists()
