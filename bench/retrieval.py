"""Finds passages: how well, how fast, and how fast documents come in.

    python -m bench.retrieval [OUTPUT.json] [--quick] [--boolq FILE.jsonl.gz] [--rows N] [--part recall|speed|pdf]

Figures:

* ``recall_at_5``: the share of BoolQ questions whose own passage is among the first five results,
  all passages in one collection, by words alone, by meaning alone, and fused. The 95 % interval is
  Wilson's. A passage that several questions share is stored once; a document is one BoolQ passage,
  and a hit is any passage of that document. Left out, and said so, where the file is missing: the
  data set is not ours to ship.
* ``search_ms``: one fused search among 100,000 passages, those of 1,000 documents. Their vectors
  are random (encoding them takes hours on two cores) and their words drawn from BoolQ's
  distribution of frequencies where it is there, from a Zipf distribution where it is not; the
  questions are encoded as usual. In much longer documents each passage shown costs more, since the
  database reads a document's text from its start.
* ``pdf``: a PDF of 500 pages, 3,000 characters each, from bytes until it is found by its words;
  its vectors follow in the background. ``cpu_s`` is processor time of server and reader.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import math
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from bench.machine import describe
from bench.output import write_result
from verax.kernel.canonical import hex_digest
from verax.store.collections import Collections
from verax.store.collections_types import CollectionLimits, NewDocument, NewPassage
from verax.store.collections_vectors import CollectionVectors, StoredVector
from verax.store.database import Database, open_database
from verax.testing.pdfs import make_pdf
from verax.truth.knowledge.convert import Converter
from verax.truth.knowledge.encoder import WIDTH, Encoder
from verax.truth.knowledge.fusion import fuse
from verax.truth.knowledge.library import File, Library, Question
from verax.truth.knowledge.meaning import Meaning
from verax.truth.knowledge.words import index_words, query_words

_USER = "user_bench"
_SEED = 20260101
_PASSAGES, _QUICK_PASSAGES = 100_000, 5_000
_PAGES, _QUICK_PAGES = 500, 20
_SEARCHES = 200
_PER_DOCUMENT = 100
_DEPTH, _CANDIDATES = 5, 50
_PARTS = ("recall", "speed", "pdf")


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON; parts that were not measured are kept from the file."""
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval")
    parser.add_argument("output", nargs="?", type=Path)
    parser.add_argument("--quick", action="store_true", help="small and rough")
    parser.add_argument("--boolq", type=Path, default=Path(os.environ.get("VERAX_BOOLQ", "boolq_dev.jsonl.gz")))
    parser.add_argument("--rows", type=int, help="only the first rows of BoolQ")
    parser.add_argument("--part", choices=_PARTS, action="append", help="measure only this")
    given = parser.parse_args(arguments)
    parts = given.part or _PARTS
    rows = _read(given.boolq)[: 200 if given.quick else given.rows] if given.boolq.is_file() else []
    found: dict[str, Any] = {}
    if given.output is not None and given.output.is_file():
        found = json.loads(given.output.read_text())
    found |= {"suite": "retrieval", "machine": describe()}
    with tempfile.TemporaryDirectory(prefix="verax-bench-") as name:
        if "recall" in parts and rows:
            found["recall_at_5"] = asyncio.run(_recall(Path(name) / "recall.db", rows))
        if "speed" in parts:
            count = _QUICK_PASSAGES if given.quick else _PASSAGES
            found["search_ms"] = asyncio.run(_speed(Path(name) / "speed.db", count, rows))
        if "pdf" in parts:
            found["pdf"] = asyncio.run(_pdf(Path(name) / "pdf.db", _QUICK_PAGES if given.quick else _PAGES))
    found["table"] = _table(found)
    write_result(found, given.output)
    return 0


def _table(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = [
        {"figure": f"recall at 5, {way}", "aim": ">= 0.90" if way == "fused" else "", "reached": value["share"]}
        for way, value in found.get("recall_at_5", {}).items()
    ]
    if "search_ms" in found:
        speed = found["search_ms"]
        rows.append(
            {"figure": f"search of {speed['passages']} passages, ms (p95)", "aim": "< 50", "reached": speed["p95"]}
        )
    if "pdf" in found:
        pdf = found["pdf"]
        rows.append({"figure": f"a PDF of {pdf['pages']} pages, s", "aim": "< 60", "reached": pdf["wall_s"]})
        rows.append({"figure": "the same, processor time, s", "aim": "", "reached": pdf["cpu_s"]})
    return rows


def _read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _open(path: Path) -> tuple[Database, Library]:
    database = open_database(path)
    limits = CollectionLimits(total_chars=2**40)
    meaning = Meaning(CollectionVectors(database), Encoder())
    return database, Library(Collections(database, limits=limits), Converter(lambda _: None), meaning)


async def _recall(path: Path, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    database, library = _open(path)
    made = await library.collections.create(_USER, "boolq")
    documents: dict[str, str] = {}
    for number, text in enumerate(dict.fromkeys(str(row["passage"]) for row in rows)):
        added = await library.add(made.collection_id, _USER, File(text.encode(), f"{number}.txt"))
        documents[text] = added.document.document_id
    began = time.perf_counter()
    encoded = 0
    while count := await library.meaning.encode_waiting():
        encoded += count
    took_s = time.perf_counter() - began
    hits = {"words": 0, "meaning": 0, "fused": 0}
    collection = await library.collections.get(made.collection_id, _USER)
    for row in rows:
        words = query_words(row["question"])
        by_words = await library.collections.find_words(made.collection_id, words, (), _CANDIDATES)
        nearest = library.meaning.nearest
        by_meaning = (await nearest(collection, row["question"], (), _CANDIDATES)).numbers
        fused = [item.number for item in fuse([by_words, by_meaning])]
        for way, ranking in (("words", by_words), ("meaning", by_meaning), ("fused", fused)):
            found = await library.collections.passages(made.collection_id, ranking[:_DEPTH])
            hits[way] += documents[row["passage"]] in {item.document_id for item in found}
    database.close()
    shares = {way: _share(count, len(rows)) for way, count in hits.items()}
    print(f"encoded {encoded} passages in {took_s:.0f} s", file=sys.stderr)
    return shares


def _share(count: int, total: int) -> dict[str, float]:
    """Return a share with Wilson's 95 % interval."""
    z, share = 1.959964, count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return {"share": round(share, 4), "low": round(middle - half, 4), "high": round(middle + half, 4), "n": total}


async def _speed(path: Path, count: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    database, library = _open(path)
    made = await library.collections.create(_USER, "synthetic")
    draw = random.Random(_SEED)
    words, weights = _frequencies(rows)
    vectors = CollectionVectors(database)
    shares = list(accumulate(weights))
    for start in range(0, count, _PER_DOCUMENT):
        each = range(min(_PER_DOCUMENT, count - start))
        texts = [" ".join(draw.choices(words, cum_weights=shares, k=100)) for _ in each]
        await library.collections.add(made.collection_id, _USER, _document(texts, f"part {start}"))
        numbers = range(start + 1, start + 1 + len(texts))
        await vectors.add([StoredVector(made.collection_id, number, draw.randbytes(WIDTH)) for number in numbers])
    questions = [row["question"] for row in rows[:_SEARCHES]] or [" ".join(draw.choices(words, k=8)) for _ in range(50)]
    await library.search(made.collection_id, _USER, Question("the first one loads"))
    load = [round(number, 2) for number in os.getloadavg()]
    times_ms, cpu_s = [], _processor_s()
    for question in questions:
        began = time.perf_counter()
        await library.search(made.collection_id, _USER, Question(question))
        times_ms.append((time.perf_counter() - began) * 1000)
    cpu_s = _processor_s() - cpu_s
    database.close()
    ordered = sorted(times_ms)
    return {
        "passages": count,
        "passages_per_document": _PER_DOCUMENT,
        "load_before": load,
        "questions": len(times_ms),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "cpu_each": round(cpu_s / len(times_ms) * 1000, 1),
    }


def _frequencies(rows: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[float]]:
    counts: dict[str, float] = {}
    for row in rows:
        for word in str(row["passage"]).lower().split():
            counts[word] = counts.get(word, 0.0) + 1.0
    counts = counts or {f"word{rank}": 1.0 / rank for rank in range(1, 30_000)}
    return list(counts), list(counts.values())


def _document(texts: Sequence[str], source: str) -> NewDocument:
    """Return a document of these passages, one a line, as the library would store it."""
    passages, at = [], 0
    for text in texts:
        passages.append(NewPassage(at, at + len(text), None, "", index_words(text)))
        at += len(text) + 1
    digest = hex_digest(source.encode())
    whole = "\n".join(texts)
    return NewDocument(source, source, "", "text", "text/plain", digest, digest, len(whole), whole, passages)


async def _pdf(path: Path, pages: int) -> dict[str, Any]:
    database, library = _open(path)
    made = await library.collections.create(_USER, "pdf")
    draw = random.Random(_SEED)
    words, weights = _frequencies(())
    line = [" ".join(draw.choices(words, weights, k=9)) for _ in range(2_000)]
    data = make_pdf(*("\n".join(draw.choices(line, k=50)) for _ in range(pages)))
    began, cpu = time.perf_counter(), _processor_s()
    added = await library.add(made.collection_id, _USER, File(data, "long.pdf"))
    took_s, cpu_s = time.perf_counter() - began, _processor_s() - cpu
    database.close()
    document = added.document
    return {
        "pages": document.pages,
        "characters": document.characters,
        "passages": document.passages,
        "wall_s": round(took_s, 2),
        "cpu_s": round(cpu_s, 2),
    }


def _processor_s() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
