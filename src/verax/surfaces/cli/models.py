"""``verax model``: list, connect, test and download models.

A model is part of a release (`verax.kernel.release`), so connecting one means a new release: the
head of a channel with another ``[model]``, proposed, shown and admitted like any change.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

import click

from verax.kernel.errors import ConfigError, VeraxError
from verax.kernel.release import Release
from verax.kernel.root import RUNTIME_CHANNEL
from verax.models.pull import pull_gguf, source_url
from verax.models.weights import WeightsShelf
from verax.store.home import Home
from verax.store.model_keys import ModelKeys
from verax.surfaces.cli.ask import DEFAULT_CHANNEL, TURN_TIMEOUT_S
from verax.surfaces.cli.changes import propose_and_admit, show_difference
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.govern import open_author
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.modelspecs import embedded_model, remote_model
from verax.surfaces.cli.output import Progress, confirm, print_json, print_rows, print_text, say, shorten
from verax.surfaces.cli.session import Session, pass_session
from verax.surfaces.installation import ADDED_WEIGHTS, weights_places
from verax.surfaces.neighbours import find_model_servers

__all__ = ["model"]

_channel = click.option("-c", "--channel", default=DEFAULT_CHANNEL, show_default=True, help="Channel that gets it.")
_yes = click.option("--yes", is_flag=True, help="Do not ask before signing.")


@click.group()
def model() -> None:
    """List, connect, test and download models."""


@model.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"channels", "servers", "files", "keys"}.')
@pass_session
def list_models(session: Session, as_json: bool) -> None:
    """List the models that channels use, and those on this machine that could be connected."""
    history = read_history(*session.open_logs())
    channels = []
    for name, state in sorted(history.state.channels.items()):
        if name != RUNTIME_CHANNEL and state.head is not None:
            spec = history.release(state.head).model
            channels.append(
                {
                    "channel": name,
                    "model": spec.name,
                    "backend": spec.backend,
                    "weights": spec.weights,
                    "url": spec.url or None,
                    "key_name": spec.key_name or None,
                    "context_tokens": spec.context_tokens,
                }
            )
    servers = [{"kind": found.kind, "url": found.url, "models": list(found.models)} for found in find_model_servers()]
    files = [str(path) for path in WeightsShelf(weights_places(session.config)).files()]
    keys = [] if session.config.url else ModelKeys(Home(session.config.home).keys_dir).names()
    if as_json:
        print_json({"channels": channels, "servers": servers, "files": files, "keys": keys})
        return
    shown = [
        row | {"weights": row["weights"] if row["weights"] == "unknown" else shorten(str(row["weights"]))}
        for row in channels
    ]
    print_rows(["channel", "model", "backend", "weights", "url"], shown)
    for found in find_model_servers():
        say(f"{found.kind} runs here; connect it: {found.command}")
    for path in files:
        say(f"on this machine: {path}")


@model.command("add")
@click.argument("name")
@click.option("--url", "base_url", metavar="URL", help="An OpenAI-compatible server, its address ending in /v1.")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A GGUF file.")
@click.option("--key-name", metavar="NAME", help="Name under which the server's key is kept; read from stdin.")
@click.option("--context-tokens", type=click.IntRange(min=128), help="Longest prompt plus reply.")
@_channel
@_yes
@pass_session
def add(
    session: Session,
    name: str,
    base_url: str | None,
    path: Path | None,
    key_name: str | None,
    context_tokens: int | None,
    channel: str,
    yes: bool,
) -> None:
    """Connect the model NAME to a channel, by URL or as a GGUF file.

    Makes a new release of the channel with this model, shows what changes, and admits it where the
    root says solo. A key is read from stdin, kept in the data folder, and never stands in a release.
    """
    if (base_url is None) == (path is None):
        raise click.UsageError("give either --url or --file")
    if session.config.url and (path is not None or key_name is not None):
        raise ConfigError("model: files and keys lie on the server's machine", hint="run this there, without --url")
    author = open_author(session)
    keys = ModelKeys(Home(session.config.home).keys_dir)
    if key_name is not None:
        _keep_key(keys, key_name)
    if base_url is not None:
        key = keys.key_of(key_name) if key_name else ""
        spec = remote_model(name, base_url, key_name or "", key, context_tokens)
    else:
        with Progress("hashing the weights", unit="bytes") as progress:
            spec = embedded_model(name, path or Path(), context_tokens, progress)
        _link_weights(session, path or Path())
    head = author.history.state.channels[channel].head if channel in author.history.state.channels else None
    if head is None:
        raise ConfigError(
            f"channel {channel!r}: it serves nothing that could be copied", hint='"verax status" lists them'
        )
    release = Release.from_manifest(author.history.release(head).manifest | {"model": spec})
    show_difference(author.history, channel, release)
    confirm(f"sign and admit this change of {channel}?", is_given=yes)
    propose_and_admit(author, channel, release.data, f"Connect the model {name}.")
    say(f"{channel} now answers with {name}; try it: verax model test {channel}")


@model.command("test")
@click.argument("channel", default=DEFAULT_CHANNEL)
@click.option("--question", default="Say hello in one short sentence.", show_default=True, help="What is asked.")
@click.option("--json", "as_json", is_flag=True, help="Print one object with the reply and the times.")
@pass_session
def test(session: Session, channel: str, question: str, as_json: bool) -> None:
    """Ask a channel one question, and print how fast its model answered."""
    client = session.signed_in_client(timeout_s=TURN_TIMEOUT_S)
    found = _time_reply(client, channel, question)
    if as_json:
        print_json(found)
        return
    print_text(str(found["reply"]))
    say(
        f"release {shorten(str(found['release']))}: first text after {found['first_text_s']} s, "
        f"{found['completion_tokens']} tokens in {found['total_s']} s ({found['tokens_per_s']} a second)"
    )


@model.command("pull")
@click.argument("source", metavar="OWNER/REPO/FILE.gguf|URL")
@click.option("--sha256", metavar="DIGEST", help="The digest it must have; the hub's own word when not given.")
@click.option("--revision", default="main", show_default=True, help="Branch, tag or commit on the hub.")
@click.option("--json", "as_json", is_flag=True, help='Print {"path", "size_bytes", "sha256", "checked"}.')
@pass_session
def pull(session: Session, source: str, sha256: str | None, revision: str, as_json: bool) -> None:
    """Download a GGUF file into the data folder, checked against its digest.

    What was fetched stays when the connection breaks; the same command goes on. HF_ENDPOINT names the
    hub for short names and HF_TOKEN the token for files behind a licence. Connect it with model add --file.
    """
    environ = session.environ
    url = source_url(source, environ.get("HF_ENDPOINT", ""), revision)
    target = session.config.home / ADDED_WEIGHTS / url.rpartition("/")[2]
    with Progress(target.name, unit="bytes") as progress:
        fetching = pull_gguf(url, target, sha256, progress.reach, environ.get("HF_TOKEN") or None)
        pulled = asyncio.run(fetching)
    if as_json:
        row = {"path": str(pulled.path), "size_bytes": pulled.size_bytes, "sha256": pulled.sha256}
        print_json(row | {"checked": pulled.checked})
        return
    print_text(str(pulled.path))
    how = "matches its digest" if pulled.checked else "no digest was known; this is what came"
    say(f"{pulled.size_bytes / 1e6:,.1f} MB, SHA-256 {pulled.sha256}: {how}")
    say(f"connect it: verax model add {pulled.path.stem} --file {pulled.path}")


def _keep_key(keys: ModelKeys, name: str) -> None:
    if sys.stdin.isatty():
        key = click.prompt(f"key of {name}", hide_input=True, err=True)
    else:
        key = sys.stdin.readline().strip()
    if key:
        keys.keep(name, key)


def _link_weights(session: Session, path: Path) -> None:
    """Let the server find a file that lies elsewhere; it is hashed again whenever it is loaded."""
    target = session.config.home / ADDED_WEIGHTS / path.name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    if target.exists() and target.samefile(path):
        return
    target.unlink(missing_ok=True)
    target.symlink_to(path.resolve())


def _time_reply(client: Client, channel: str, question: str) -> dict[str, Any]:
    body = {
        "model": channel,
        "messages": [{"role": "user", "content": question}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    started = time.monotonic()
    first: float | None = None
    text = ""
    usage: dict[str, Any] = {}
    verax: dict[str, Any] = {}
    for event in client.stream("/v1/chat/completions", body):
        verax.update(event.get("verax", {}))
        usage = event.get("usage") or usage
        for choice in event.get("choices", []):
            piece = choice.get("delta", {}).get("content") or ""
            if piece and first is None:
                first = time.monotonic() - started
            text += piece
    total = time.monotonic() - started
    if first is None:
        raise VeraxError(f"model: {channel} gave no text", hint='"verax doctor" looks around')
    tokens = int(usage.get("completion_tokens", 0))
    writing_s = max(total - first, 1e-3)
    return {
        "channel": channel,
        "release": verax["release"],
        "reply": text,
        "first_text_s": round(first, 3),
        "total_s": round(total, 3),
        "completion_tokens": tokens,
        "tokens_per_s": round(max(tokens - 1, 0) / writing_s, 1),
    }
