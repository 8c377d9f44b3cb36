"""``verax collection``: documents that answers can be checked against, and the passages in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from verax.kernel.errors import FetchError, RequestError, TooLarge, UnknownObject
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.output import FAILED, Progress, confirm, moment, print_json, print_rows, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["collection", "find_collection"]

_READ_LIMIT_S = 300.0
_PAGE = 500
_LABELS = {"speaks-for-owner": "speaks_for_owner", "self": "self"}
_SNIPPET = 300
_DIGEST_SHOWN = 12
_WEB = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class _Source:
    """What is to be added: a file with what it is called in the collection, or the address of a page."""

    name: str
    path: Path | None


class _PathOrAddress(click.Path):
    """A file or folder that exists, or an address of the web, which stays text."""

    name = "path or address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        """Return a path, or the address."""
        if isinstance(value, str) and value.lower().startswith(_WEB):
            return value
        return Path(os.fsdecode(super().convert(value, param, ctx)))


@click.group()
def collection() -> None:
    """Keep documents, and find passages in them."""


@collection.command("create")
@click.argument("name")
@click.option("--shared", is_flag=True, help="Every account may search it; needs the role owner.")
@pass_session
def create(session: Session, name: str, shared: bool) -> None:
    """Make an empty collection called NAME."""
    made = session.signed_in_client().post_json("/v1/collections", {"name": name, "is_shared": shared})
    say(f"made {made['name']}; add documents with: verax collection add {made['name']!r} FILE")


@collection.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"collections": [{id, name, documents, …}]}.')
@pass_session
def list_collections(session: Session, as_json: bool) -> None:
    """List collections: your own, and those that are shared."""
    rows = [_row(item) for item in session.signed_in_client().get_json("/v1/collections")["data"]]
    if as_json:
        print_json({"collections": rows})
    else:
        print_rows(["name", "documents", "passages", "shared", "own", "updated"], rows)


@collection.command("add")
@click.argument("name")
@click.argument("given", metavar="PATH|URL...", nargs=-1, required=True, type=_PathOrAddress(exists=True))
@click.option("--label", type=click.Choice(sorted(_LABELS)), help="What the sources are to the assistant.")
@pass_session
def add(session: Session, name: str, given: tuple[Path | str, ...], label: str | None) -> int:
    """Add files, folders and pages of the web to the collection NAME.

    A folder is read with all folders in it; names that begin with a dot are left out. What is
    there already is not read again, and what changed replaces what it was. Pages are fetched by
    the server, from the public web only.
    """
    client = session.signed_in_client(timeout_s=_READ_LIMIT_S)
    listed = client.get_json("/v1/collections")
    found = find_collection(listed["data"], name)
    sources = [source for item in given for source in _sources(item)]
    target = _Target(client, found["id"], _LABELS.get(label or "", ""), listed["max_document_bytes"])
    failed = added = 0
    with Progress("adding", len(sources), "documents") as progress:
        for item in sources:
            try:
                document = target.add(item)
            except (RequestError, FetchError) as error:
                say(f"{item.path or item.name}: {error.message}", style="red")
                if error.hint:
                    say(f"hint: {error.hint}")
                failed += 1
            else:
                added += document["is_new"]
                _tell(item, document)
            progress.advance(1)
    say(f"{added} added, {len(sources) - added - failed} as they were, {failed} not taken")
    return FAILED if failed else 0


def _tell(item: _Source, document: dict[str, Any]) -> None:
    """Say what a person would not expect of a document that was added."""
    shown = item.path or item.name
    if item.path is None and document["source"] != item.name:
        say(f"{shown}: kept as {document['source']}, where it is in the end")
    if document["replaced"] not in (None, document["digest"]):
        before, now = document["replaced"][:_DIGEST_SHOWN], document["digest"][:_DIGEST_SHOWN]
        say(f"{shown}: it changed: {before}… is now {now}…")
    for notice in document["notices"]:
        say(f"{shown}: {notice['message']}")


@collection.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print the collection with its documents.")
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the collection NAME, its version and its documents."""
    client = session.signed_in_client()
    found = client.get_json(f"/v1/collections/{_id_of(client, name)}")
    documents = [_document(item) for item in _documents(client, found["id"])]
    if as_json:
        print_json({**_row(found), "version": found["version"], "encoded": found["encoded"], "list": documents})
        return
    print_text(f"version {found['version']}")
    if found["encoded"] < found["passages"]:
        say(f"{found['encoded']} of {found['passages']} passages can be found by what they mean; the rest follow")
    columns = ["id", "source", "kind", "pages", "passages", "label", "added"]
    print_rows(columns, documents)
    for document in documents:
        for notice in document["notices"]:
            say(f"{document['source']}: {notice}")


@collection.command("search")
@click.argument("name")
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="Most passages.")
@click.option("--exclude", type=click.Choice(sorted(_LABELS)), multiple=True, help="Leave out sources of this label.")
@click.option("--version", metavar="DIGEST", help="Refuse to search any other version.")
@click.option("--json", "as_json", is_flag=True, help="Print the passages with their offsets.")
@pass_session
def search(
    session: Session, name: str, query: str, limit: int, exclude: tuple[str, ...], version: str | None, as_json: bool
) -> None:
    """Find passages in the collection NAME that fit QUERY best."""
    client = session.signed_in_client()
    body: dict[str, object] = {"query": query, "limit": limit, "exclude": [_LABELS[item] for item in exclude]}
    if version is not None:
        body["version"] = version
    found = client.post_json(f"/v1/collections/{_id_of(client, name)}/search", body)
    if as_json:
        print_json({"version": found["version"], "encoded": found["encoded"], "passages": found["data"]})
        return
    for number, hit in enumerate(found["data"], start=1):
        page = f", page {hit['page']}" if hit["page"] else ""
        heading = f", {hit['heading']}" if hit["heading"] else ""
        text = " ".join(hit["text"].split())
        print_text(f"{number}. {hit['source']}{page}{heading}, characters {hit['start']} to {hit['end']}")
        print_text(f"   {text if len(text) <= _SNIPPET else text[:_SNIPPET] + '…'}")
    if not found["data"]:
        say("nothing found")


@collection.command("remove")
@click.argument("name")
@click.argument("document", metavar="DOCUMENT")
@pass_session
def remove(session: Session, name: str, document: str) -> None:
    """Remove DOCUMENT, an id or a source, from the collection NAME, for good."""
    client = session.signed_in_client(timeout_s=_READ_LIMIT_S)
    collection_id = _id_of(client, name)
    found = [item for item in _documents(client, collection_id) if document in (item["id"], item["source"])]
    if not found:
        raise UnknownObject(
            f"document: no such document in {name}", hint=f"verax collection show {name!r}", code="document/unknown"
        )
    client.delete(f"/v1/collections/{collection_id}/documents/{found[0]['id']}")
    say(f"removed {found[0]['source']}")


@collection.command("delete")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_session
def delete(session: Session, name: str, yes: bool) -> None:
    """Delete the collection NAME with all it holds, for good."""
    client = session.signed_in_client(timeout_s=_READ_LIMIT_S)
    collection_id = _id_of(client, name)
    confirm(f"Delete {name} with all it holds?", is_given=yes)
    client.delete(f"/v1/collections/{collection_id}")
    say(f"deleted {name}")


def _sources(given: Path | str) -> Iterator[_Source]:
    """Yield a page, a file under its name, or the files of a folder under their paths in it."""
    if isinstance(given, str):
        yield _Source(given, None)
        return
    if not given.is_dir():
        yield _Source(given.name, given)
        return
    for folder, folders, names in os.walk(given):
        folders[:] = sorted(item for item in folders if not item.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if not name.startswith(".") and file.is_file():
                yield _Source(file.relative_to(given.parent if given.name else given).as_posix(), file)


@dataclass(frozen=True, slots=True)
class _Target:
    """The collection that documents are added to."""

    client: Client
    collection_id: str
    label: str
    limit_bytes: int

    def add(self, item: _Source) -> dict[str, Any]:
        """Add one document and return what the server says of it."""
        if item.path is None:
            return self._post({"url": item.name}, b"")
        data = _read(item.path, self.limit_bytes)
        return self._post({"name": item.path.name, "source": item.name}, data)

    def _post(self, values: dict[str, str], data: bytes) -> dict[str, Any]:
        query = urlencode({**values, "label": self.label})
        answer: dict[str, Any] = self.client.post_bytes(f"/v1/collections/{self.collection_id}/documents?{query}", data)
        return answer


def _read(path: Path, limit_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit_bytes:
            raise TooLarge(
                f"document: expected at most {limit_bytes} bytes, found {size}",
                hint="split it; the setting max_document_bytes of the server moves the limit",
            )
        return path.read_bytes()
    except OSError as error:
        raise RequestError(f"document: cannot be read: {error.strerror}") from None


def _documents(client: Client, collection_id: str) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        query = urlencode({"after": after, "limit": _PAGE})
        page = client.get_json(f"/v1/collections/{collection_id}/documents?{query}")
        yield from page["data"]
        if not page["has_more"]:
            return
        after = page["data"][-1]["id"]


def _id_of(client: Client, name: str) -> str:
    found: str = find_collection(client.get_json("/v1/collections")["data"], name)["id"]
    return found


def find_collection(listed: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the collection of that name or id; one's own comes before another's."""
    found = sorted((item for item in listed if name in (item["name"], item["id"])), key=lambda item: not item["is_own"])
    if not found:
        raise UnknownObject(
            f"collection: none is called {name!r}",
            hint='"verax collection list" lists them',
            code="collection/unknown",
        )
    return found[0]


def _row(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "name": item["name"],
        "documents": item["documents"],
        "passages": item["passages"],
        "size_bytes": item["size_bytes"],
        "shared": item["is_shared"],
        "own": item["is_own"],
        "updated": moment(item["updated_ms"]),
    }


def _document(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": item["id"],
        "source": item["source"],
        "kind": item["kind"],
        "pages": item["pages"],
        "passages": item["passages"],
        "characters": item["characters"],
        "label": item["label"],
        "digest": item["digest"],
        "notices": [notice["message"] for notice in item["notices"]],
        "added": moment(item["created_ms"]),
        "fetched": None if item["fetched_ms"] is None else moment(item["fetched_ms"]),
    }
