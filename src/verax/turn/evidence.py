"""What a record commits to as `evidence` (clause 9): every verdict, and the passages that it is about.

It is CJ of one object. Passages stand there by their digests and places, not by their texts: whoever
has the document finds the text there, and the verifier of the same identity gives the same verdict
again. Probabilities are decimal strings, since CJ has no floats; a page of 0 is none.

* ``collections``: [{name, id, version}], those that the release names; the version is that of the
  passages found, empty where none was.
* ``passages``: [{source, document, start, end, page, heading, collection, version, text}].
* ``web``: {engine, query, pages: [{url, source, document, fetched_ms, problem}]}, what a search of the web named
  and what of it was read, by address and by SHA-256 of its bytes; absent where none was made. Passages of
  pages have no collection and no version: their document is what they were found in.
* ``prompt``: which passages stood in the prompt, by their place in ``passages``.
* ``dispute``: [{passage, start, end}], the sentences that stood in the prompt because they disagree; absent where
  none did.
* ``claims``: [{choice, start, end, verdict, probability?, reason?, considered, spans: [{passage, start,
  end, probability}], agreement?: {agreeing, samples}}]; ``considered`` are places in ``passages``, in the
  order of judging.
* ``samples``: SHA-256 of each further reply that sentences were compared with; absent where none was drawn.
* ``drafts``: [{text, supported, contradicted, not_found, not_checked}], each draft by the SHA-256 of its text,
  in the order of their seeds, and ``kept``, the place of the one that was given; absent where none was drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.canonical import Json
from verax.truth.verdicts import Evidence, Verdict
from verax.truth.web.search import WebFindings
from verax.turn.dispute import Position
from verax.turn.drafts import Draft
from verax.turn.events import ClaimVerdict
from verax.turn.judging import JudgedClaim, Judging

__all__ = ["Outcome", "evidence_bytes"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a turn's sentences.

    Attributes:
        shown: Verdicts as they were told, each with what was considered for it.
        withheld: Sentences that were held back.
        samples: Further replies that sentences were compared with.
        drafts: Drafts that were drawn.
        kept: Place of the draft that was given.
        positions: Sentences that stood in the prompt because they disagree.
    """

    shown: Sequence[tuple[ClaimVerdict, JudgedClaim]]
    withheld: int = 0
    samples: Sequence[str] = ()
    drafts: Sequence[Draft] = ()
    kept: int = 0
    positions: Sequence[Position] = ()


def evidence_bytes(mode: str, judging: Judging, prompted: Sequence[Evidence], outcome: Outcome) -> bytes:
    """Return what a record commits to.

    Args:
        mode: The release's truth mode.
        prompted: Passages that stood in the prompt.
    """
    numbers: dict[Evidence, int] = {}
    disputed = [position.evidence for position in outcome.positions]
    for item in [*prompted, *disputed, *(passage for _, judged in outcome.shown for passage in judged.considered)]:
        numbers.setdefault(item, len(numbers))
    claims: list[Json] = [_claim(verdict, judged, numbers) for verdict, judged in outcome.shown]
    versions = {item.collection: item.version for item in numbers}
    collections: list[Json] = [
        {"name": shelf.label, "id": shelf.collection_id, "version": shelf.version or versions.get(shelf.label, "")}
        for shelf in judging.shelves
    ]
    drawn: dict[str, Json] = {}
    if outcome.samples:
        drawn["samples"] = [canonical.hex_digest(text.encode("utf-8")) for text in outcome.samples]
    if outcome.drafts:
        drawn |= {"drafts": [_draft(draft) for draft in outcome.drafts], "kept": outcome.kept}
    return canonical.encode(
        {
            "v": 1,
            "mode": mode,
            "verifier": "" if judging.verifier is None else judging.verifier.identity,
            "collections": collections,
            "passages": [_passage(item) for item in numbers],
            "prompt": [numbers[item] for item in prompted],
            "claims": claims,
            "withheld": outcome.withheld,
            **drawn,
            **({"dispute": [_position(item, numbers) for item in outcome.positions]} if outcome.positions else {}),
            **({} if judging.web is None else {"web": _web(judging.web)}),
        }
    )


def _web(found: WebFindings) -> Json:
    pages: list[Json] = [
        {
            "url": page.found.url,
            "source": page.source,
            "document": page.digest,
            "fetched_ms": page.fetched_ms or 0,
            "problem": page.problem,
        }
        for page in found.pages
    ]
    return {"engine": found.engine, "query": found.query, "pages": pages}


def _position(position: Position, numbers: dict[Evidence, int]) -> Json:
    return {"passage": numbers[position.evidence], "start": position.start, "end": position.end}


def _draft(draft: Draft) -> Json:
    counts: dict[str, Json] = {str(verdict): draft.verdicts[verdict] for verdict in Verdict}
    return {"text": draft.digest, **counts}


def _passage(item: Evidence) -> Json:
    return {
        "source": item.source,
        "document": item.document,
        "start": item.start,
        "end": item.start + len(item.text),
        "page": item.page or 0,
        "heading": item.heading,
        "collection": item.collection,
        "version": item.version,
        "text": canonical.hex_digest(item.text.encode("utf-8")),
    }


def _claim(verdict: ClaimVerdict, judged: JudgedClaim, numbers: dict[Evidence, int]) -> Json:
    spans: list[Json] = [
        {
            "passage": numbers[judged.considered[span.evidence]],
            "start": span.start,
            "end": span.end,
            "probability": repr(span.probability),
        }
        for span in judged.judgement.spans
    ]
    claim: dict[str, Json] = {
        "choice": verdict.choice,
        "start": verdict.start,
        "end": verdict.end,
        "verdict": str(verdict.verdict),
        "considered": [numbers[item] for item in judged.considered],
        "spans": spans,
    }
    if verdict.probability is not None:
        claim["probability"] = repr(verdict.probability)
    if verdict.reason:
        claim["reason"] = verdict.reason
    if verdict.agreement is not None:
        claim["agreement"] = {"agreeing": verdict.agreement.agreeing, "samples": verdict.agreement.samples}
    return claim
