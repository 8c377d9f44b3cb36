"""``verax check``: any text checked against any documents, with or without a server."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from verax.kernel.errors import ConfigError, RequestError, TooLarge, VeraxError
from verax.surfaces.cli.output import FAILED, USAGE, Progress, moment, print_json, print_text, say, say_error
from verax.surfaces.cli.session import Session, pass_session

if TYPE_CHECKING:
    from verax.truth.check import Document
    from verax.truth.knowledge.convert import Converter
    from verax.truth.knowledge.normal import NormalText

__all__ = ["check"]

_READ_LIMIT_S = 600.0
_MAX_BYTES = 64 * 2**20
_SNIPPET = 300
_COLOURS = {
    "supported": "green",
    "contradicted": "red",
    "not_found": "yellow",
    "not_checked": "cyan",
    "contested": "yellow",
}
_REPORTS = (".html", ".pdf")


@dataclass(frozen=True, slots=True)
class _Given:
    """What the command line says."""

    file: str
    against: tuple[Path, ...]
    collections: tuple[str, ...]


@click.command("check")
@click.argument("file", metavar="FILE", type=click.Path(allow_dash=True))
@click.option(
    "--against",
    "against",
    metavar="DOCUMENT",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A document to check against; may be given several times.",
)
@click.option("--collection", "collections", metavar="NAME", multiple=True, help="A collection to check against.")
@click.option(
    "--report",
    "reports",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a report, .html or .pdf by its ending; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the check as JSON.")
@pass_session
def check(
    session: Session,
    file: str,
    against: tuple[Path, ...],
    collections: tuple[str, ...],
    reports: tuple[Path, ...],
    as_json: bool,
) -> int:
    """Check every claim of FILE (- for standard input) against documents.

    FILE and the documents may be PDF, Word, HTML, Markdown, CSV, e-mail or text. Documents alone are read
    and checked on this machine, without a server; collections are the server's, and it checks.

    Exit codes: 0 every claim is supported, 1 one is not, or documents disagree about it, 2 the check could not be made.
    """
    if not against and not collections:
        raise click.UsageError("nothing to check against; give --against DOCUMENT or --collection NAME")
    for path in reports:
        if path.suffix.lower() not in _REPORTS:
            raise click.UsageError(f"{path.name}: a report ends in .html or .pdf")
    try:
        checked = asyncio.run(_check(session, _Given(file, against, collections)))
        for path in reports:
            _write_report(checked, file, path)
    except VeraxError as error:
        say_error(error)
        return USAGE
    if as_json:
        print_json(checked)
    else:
        _show(checked)
    summary = checked["summary"]
    return 0 if summary["supported"] == summary["claims"] and not summary["contested"] else FAILED


async def _check(session: Session, given: _Given) -> dict[str, Any]:
    from verax.truth.knowledge.convert import Converter

    # Nothing is measured here, so nothing is compared: the process still holds one file and two pipes.
    converter = Converter(lambda _digests: None)
    checked = (await _document(converter, given.file)).text
    documents = [await _document(converter, str(path)) for path in given.against]
    if given.collections:
        return _on_server(session, given, checked.text, documents)
    return await _here(session, checked, documents)


async def _here(session: Session, checked: NormalText, documents: Sequence[Document]) -> dict[str, Any]:
    from verax.store.home import Home
    from verax.store.model_keys import ModelKeys
    from verax.surfaces.checking import open_check_judge
    from verax.truth.check import DocumentSource, check_text
    from verax.truth.check_object import check_object
    from verax.truth.verifier import LocalVerifier

    local = LocalVerifier()
    judge = open_check_judge(session.config, ModelKeys(Home(session.config.home).keys_dir))
    try:
        with Progress("checking", None, "claims") as progress:
            sources = [DocumentSource(documents)]
            report = await check_text(checked.text, sources, judge or local, progress.reach, checked.headings)
    finally:
        local.close()
        if judge is not None:
            judge.close()
    return check_object(report, checked.text, documents)


def _on_server(session: Session, given: _Given, text: str, documents: Sequence[Document]) -> dict[str, Any]:
    from verax.surfaces.cli.collections import find_collection

    client = session.signed_in_client(timeout_s=_READ_LIMIT_S)
    listed = client.get_json("/v1/collections")["data"]
    ids = [find_collection(listed, name)["id"] for name in given.collections]
    evidence = [{"source": document.source, "text": document.text.text} for document in documents]
    answer: dict[str, Any] = client.post_json("/v1/check", {"text": text, "evidence": evidence, "collections": ids})
    return answer


async def _document(converter: Converter, name: str) -> Document:
    """Read a file; ``-`` is standard input."""
    from verax.truth.check import Document

    shown = _name(name)
    try:
        data = await asyncio.to_thread(_read, name)
    except OSError as error:
        raise ConfigError(f"{shown}: cannot be read: {error.strerror}") from None
    if len(data) > _MAX_BYTES:
        raise TooLarge(f"{shown}: expected at most {_MAX_BYTES // 2**20} MiB, found more", hint="split it")
    try:
        text = await converter.convert(data, shown)
    except RequestError as error:
        raise RequestError(f"{shown}: {error.message}", hint=error.hint, code=error.code) from None
    return Document(shown, hashlib.sha256(data).hexdigest(), text)


def _read(name: str) -> bytes:
    """Read a file, and no more of it than shows that it is too large."""
    if name == "-":
        return sys.stdin.buffer.read(_MAX_BYTES + 1)
    with Path(name).open("rb") as file:
        return file.read(_MAX_BYTES + 1)


def _write_report(checked: dict[str, Any], file: str, path: Path) -> None:
    from verax.truth.report import About, html_report, pdf_report

    about = About(_name(file), moment(time.time_ns() // 10**6) or "")
    is_pdf = path.suffix.lower() == ".pdf"
    data = pdf_report(checked, about) if is_pdf else html_report(checked, about).encode("utf-8")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be written: {error.strerror}") from None
    say(f"wrote {path}")


def _name(file: str) -> str:
    return "standard input" if file == "-" else Path(file).name


def _show(checked: dict[str, Any]) -> None:
    for document in checked["documents"]:
        for notice in document["notices"]:
            say(f"{document['source']}: {notice}")
    from verax.truth.report.wording import LABELS, REASONS, look_of, number_of

    for claim in checked["claims"]:
        mark = "contested" if claim["contested"] else LABELS[claim["verdict"]]
        shown = f" {claim['probability']:.2f}" if claim["probability"] is not None else ""
        why = f" ({REASONS.get(claim['reason'], claim['reason'])})" if claim["reason"] else ""
        print_text(f"{click.style(mark, fg=_COLOURS[look_of(claim)], bold=True)}{shown}{why}  {_line(claim['text'])}")
        is_disputed = len({item["supports"] for item in claim["evidence"]}) > 1
        for item in claim["evidence"]:
            page = f", page {item['page']}" if item["page"] else ""
            stance = f"{'for' if item['supports'] else 'against'}: " if is_disputed else ""
            print_text(f"    {stance}{item['source']}{page}: “{_line(item['passage'][item['start'] : item['end']])}”")
    summary = checked["summary"]
    counts = ", ".join(f"{summary[name]} {label}" for name, label in LABELS.items())
    if summary["contested"]:
        counts += f"; sources disagree about {summary['contested']}"
    rest = f"; {number_of(summary['other_sentences'], 'other sentence')}" if summary["other_sentences"] else ""
    say(f"{number_of(summary['claims'], 'claim')}: {counts}{rest}")


def _line(text: str) -> str:
    whole = " ".join(text.split())
    return whole if len(whole) <= _SNIPPET else f"{whole[:_SNIPPET]}…"
