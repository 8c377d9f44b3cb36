"""The local verifier on a model that really runs, small as it is."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from verax.kernel.errors import DigestMismatch
from verax.truth.verdicts import Evidence, Verdict
from verax.truth.verifier import LocalVerifier
from verax.truth.verifier.model import CALIBRATION, WEIGHTS, read_manifest

TEXT = "The town of Verden has a bridge. The bridge was opened in 1932 by Lena Voss. It is 40 metres long."
PASSAGE = Evidence(TEXT, "verden.txt", "0" * 64)


async def verdict_of(verifier: LocalVerifier, claim: str, context: str = "") -> Verdict:
    return (await verifier.judge(claim, context, [PASSAGE])).verdict


async def test_the_same_question_gets_the_same_bits_whatever_is_asked_beside_it(
    verifier: LocalVerifier, weights: Path
) -> None:
    claims = [f"The bridge was opened in {year}." for year in range(1925, 1940)]
    alone = [await verifier.judge(claim, "", [PASSAGE]) for claim in claims]
    other = LocalVerifier(weights)  # the first one keeps its scores
    together = await asyncio.gather(*(other.judge(claim, "", [PASSAGE]) for claim in reversed(claims)))
    other.close()
    assert alone == together[::-1]
    assert [await verifier.judge(claim, "", [PASSAGE]) for claim in claims] == alone


async def test_a_claim_is_supported_contradicted_or_not_found(verifier: LocalVerifier) -> None:
    assert await verdict_of(verifier, "The **bridge** was opened in 1932.") is Verdict.SUPPORTED
    assert await verdict_of(verifier, "The bridge was opened in 1952.") is Verdict.CONTRADICTED
    assert await verdict_of(verifier, "The harbour was closed for weeks.") is Verdict.NOT_FOUND
    assert (await verifier.judge("The harbour was closed.", "", [])).verdict is Verdict.NOT_FOUND


async def test_context_is_read_where_the_claim_leans_on_it_and_nowhere_else(verifier: LocalVerifier) -> None:
    assert await verdict_of(verifier, "It is 40 metres long.", "The bridge is in Verden.") is Verdict.SUPPORTED
    assert await verdict_of(verifier, "It is 40 metres long.", "The zebra crossed deserts.") is Verdict.NOT_FOUND
    assert await verdict_of(verifier, "The bridge was opened in 1932.", "Zebras crossed deserts.") is Verdict.SUPPORTED


@pytest.mark.parametrize(
    "claim", ["Die Brücke wurde 1932 eröffnet.", "桥梁于1932年开放。", "Мост открыли в 1932 году."]
)
async def test_another_language_is_not_checked(verifier: LocalVerifier, claim: str) -> None:
    found = await verifier.judge(claim, "", [PASSAGE])
    assert (found.verdict, found.probability, found.reason) == (Verdict.NOT_CHECKED, None, "language")


async def test_evidence_in_another_language_decides_nothing(verifier: LocalVerifier) -> None:
    chinese = Evidence("桥梁于1932年开放。", "a", "0" * 64)
    assert (await verifier.judge("The bridge was opened in 1932.", "", [chinese])).reason == "language"
    [span] = (await verifier.judge("The bridge was opened in 1932.", "", [chinese, PASSAGE])).spans
    assert span.evidence == 1


async def test_a_claim_that_leaves_no_room_for_evidence_is_not_checked(verifier: LocalVerifier) -> None:
    assert (await verifier.judge("The bridge was very " + "old " * 200, "", [PASSAGE])).reason == "too_long"


async def test_whoever_is_cancelled_leaves_and_the_verifier_goes_on(verifier: LocalVerifier) -> None:
    long = Evidence(f"{TEXT} " * 400, "long.txt", "0" * 64)
    task = asyncio.create_task(verifier.judge("The bridge was opened in 1932.", "", [long] * 20))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await verdict_of(verifier, "The bridge was opened in 1932.") is Verdict.SUPPORTED


async def test_more_than_can_wait_is_not_checked(verifier: LocalVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.truth.verifier.local.MAX_WAITING", 0)
    claims = ["The bridge was opened in 1932."] * 6
    found = await asyncio.gather(*(verifier.judge(claim, "", [PASSAGE]) for claim in claims))
    assert {judgement.reason for judgement in found} == {"", "busy"}


async def test_without_weights_nothing_is_checked(tmp_path: Path) -> None:
    verifier = LocalVerifier(tmp_path)
    found = await verifier.judge("The bridge was opened in 1932.", "", [PASSAGE])
    assert (found.verdict, found.reason, verifier.identity) == (Verdict.NOT_CHECKED, "no_verifier", "none")


async def test_without_the_extra_nothing_is_checked(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verax.truth.verifier.local.find_spec", lambda _: None)
    verifier = LocalVerifier(weights)
    assert (await verifier.judge("The bridge was opened in 1932.", "", [PASSAGE])).reason == "no_verifier"


@pytest.mark.parametrize("name", [WEIGHTS, CALIBRATION])
async def test_files_that_the_manifest_does_not_name_are_refused(weights: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(weights, tmp_path / "changed")
    with (tmp_path / "changed" / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(DigestMismatch, match=name):
        await LocalVerifier(tmp_path / "changed").judge("The bridge was opened.", "", [PASSAGE])


def test_the_identity_changes_with_the_calibration(weights: Path, tmp_path: Path, verifier: LocalVerifier) -> None:
    shutil.copytree(weights, tmp_path / "changed")
    path = tmp_path / "changed" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "calibration": "0" * 64}))
    assert LocalVerifier(tmp_path / "changed").identity != verifier.identity
    manifest = read_manifest(weights)
    assert manifest is not None
    assert verifier.identity == f"local:{manifest.digest}"
