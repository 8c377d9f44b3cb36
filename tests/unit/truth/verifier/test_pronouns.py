"""Claims that begin with a pronoun, by the weights that ship: no error before them and no other's passage counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from verax.truth.claims import claims_of
from verax.truth.verdicts import Evidence, Verdict
from verax.truth.verifier import LocalVerifier

TOWER = "The Eiffel Tower is 324 metres tall. It was completed in 1889 and stands in Paris."
CURIE = (
    "Marie Curie was born in Warsaw in 1867. She moved to Paris to study physics. She won two Nobel Prizes, in physics"
    " and in chemistry, and died in 1934."
)


@pytest.fixture(scope="module")
def shipped() -> Iterator[LocalVerifier]:
    verifier = LocalVerifier()
    yield verifier
    verifier.close()


async def last_verdict(verifier: LocalVerifier, text: str, passage: Evidence) -> Verdict:
    claim = claims_of(text)[-1]
    return (await verifier.judge(claim.text, claim.context, [passage])).verdict


def passage(text: str, heading: str = "") -> Evidence:
    return Evidence(text, "notes.txt", "0" * 64, heading=heading)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("The tower is 324 metres tall. It was finished in 1899. It stands in Paris.", TOWER),
        ("The tower is 300 metres tall. It stands in Paris.", TOWER),
        ("Marie Curie was born in Berlin in 1867. She moved to Paris to study physics.", CURIE),
        ("Marie Curie was born in Berlin in 1867. She moved to Rome. She died in 1934.", CURIE),
    ],
)
async def test_a_true_claim_behind_a_wrong_one_is_supported(shipped: LocalVerifier, text: str, evidence: str) -> None:
    assert await last_verdict(shipped, text, passage(evidence)) is Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("The tower is 324 metres tall. It stands in London.", TOWER),
        ("Marie Curie was born in Warsaw. She won three Nobel Prizes.", CURIE),
        ("Marie Curie was born in Warsaw. She died in 1944.", CURIE),
    ],
)
async def test_a_wrong_claim_is_not(shipped: LocalVerifier, text: str, evidence: str) -> None:
    assert await last_verdict(shipped, text, passage(evidence)) is Verdict.CONTRADICTED


async def test_a_passage_about_somebody_else_decides_nothing(shipped: LocalVerifier) -> None:
    for claim in ("He won two Nobel Prizes.", "He died in 1955."):
        text = f"Albert Einstein was born in Ulm. {claim}"
        assert await last_verdict(shipped, text, passage(CURIE)) is Verdict.NOT_FOUND


async def test_whom_a_passage_is_about_may_stand_in_its_heading(shipped: LocalVerifier) -> None:
    text = "Marie Curie was born in Warsaw. She won two Nobel Prizes."
    told = "She won two Nobel Prizes, in physics and in chemistry."
    assert await last_verdict(shipped, text, passage(told)) is Verdict.NOT_FOUND
    assert await last_verdict(shipped, text, passage(told, "Marie Curie")) is Verdict.SUPPORTED
