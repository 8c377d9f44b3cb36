"""What a record commits to as `evidence` (clause 9): every verdict, and the passages that it is about.

It is CJ of one object. Passages stand there by their digests and places, not by their texts: whoever
has the document finds the text there, and the verifier of the same identity gives the same verdict
again. Probabilities are decimal strings, since CJ has no floats; a page of 0 is none.

* ``collections``: [{name, id, version}], those that the release names; the version is that of the
  passages found, empty where none was.
* ``passages``: [{source, document, start, end, page, heading, collection, version, text}].
* ``prompt``: which passages stood in the prompt, by their place in ``passages``.
* ``claims``: [{choice, start, end, verdict, probability?, reason?, considered, spans: [{passage, start,
  end, probability}]}]; ``considered`` are places in ``passages``, in the order of judging.
"""

from __future__ import annotations

from collections.abc import Sequence

from verax.kernel import canonical
from verax.kernel.canonical import Json
from verax.truth.verdicts import Evidence
from verax.turn.events import ClaimVerdict
from verax.turn.judging import JudgedClaim, Judging

__all__ = ["evidence_bytes"]


def evidence_bytes(
    mode: str,
    judging: Judging,
    prompted: Sequence[Evidence],
    shown: Sequence[tuple[ClaimVerdict, JudgedClaim]],
    withheld: int,
) -> bytes:
    """Return what a record commits to.

    Args:
        mode: The release's truth mode.
        prompted: Passages that stood in the prompt.
        shown: Verdicts as they were told, each with what was considered for it.
        withheld: Sentences that were held back.
    """
    numbers: dict[Evidence, int] = {}
    for item in [*prompted, *(passage for _, judged in shown for passage in judged.considered)]:
        numbers.setdefault(item, len(numbers))
    claims: list[Json] = [_claim(verdict, judged, numbers) for verdict, judged in shown]
    versions = {item.collection: item.version for item in numbers}
    collections: list[Json] = [
        {"name": shelf.label, "id": shelf.collection_id, "version": shelf.version or versions.get(shelf.label, "")}
        for shelf in judging.shelves
    ]
    return canonical.encode(
        {
            "v": 1,
            "mode": mode,
            "verifier": "" if judging.verifier is None else judging.verifier.identity,
            "collections": collections,
            "passages": [_passage(item) for item in numbers],
            "prompt": [numbers[item] for item in prompted],
            "claims": claims,
            "withheld": withheld,
        }
    )


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
    return claim
