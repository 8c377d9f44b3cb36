"""Hard pairs: what is swapped, and that claim and evidence are swapped alike."""

from __future__ import annotations

import random

import pytest

from lab.verifier.pairs import Swap, names_in, negate, swaps, symmetric
from lab.verifier.rows import Label, Row

ROW = Row(
    "made",
    "1",
    "In March 1998 the bridge over the Aller was first opened by Mayor Lena Voss for 2,500 people.",
    "The bridge in Verden, opened by Mayor Lena Voss in March 1998, was the first one over the Aller. "
    "2,500 people came. Her successor Karl Brandt closed it.",
    Label.SUPPORTED,
)


@pytest.mark.parametrize("seed", range(16))
def test_a_swap_changes_claim_and_evidence_alike(seed: int) -> None:
    for swap in swaps(ROW, ["Jane Roe"], random.Random(seed)):
        claim, evidence, both = symmetric(ROW, swap)
        assert (claim.label, evidence.label, both.label) == (Label.CONTRADICTED, Label.CONTRADICTED, Label.SUPPORTED)
        assert claim.claim != ROW.claim and claim.evidence == ROW.evidence
        assert evidence.claim == ROW.claim and evidence.evidence != ROW.evidence
        assert (both.claim, both.evidence) == (claim.claim, evidence.evidence)
        assert swap.new in both.claim and swap.new in both.evidence


def test_every_kind_of_swap_is_found() -> None:
    found = {swap.kind for seed in range(10) for swap in swaps(ROW, ["Jane Roe"], random.Random(seed))}
    assert found == {"number", "word", "name"}


@pytest.mark.parametrize("seed", range(20))
def test_another_number_has_the_form_of_the_first(seed: int) -> None:
    row = Row("made", "1", "It cost 1,234.50 in 1998.", "In 1998 it cost 1,234.50 in all.", Label.SUPPORTED)
    [swap] = swaps(row, [], random.Random(seed))
    if swap.old == "1998":
        assert len(swap.new) == 4 and abs(int(swap.new) - 1998) <= 12
    else:
        assert swap.new.partition(".")[2].isdigit() and len(swap.new.partition(".")[2]) == 2
    assert swap.new != swap.old


def test_a_name_is_swapped_for_another_of_the_evidence_where_there_is_one() -> None:
    news = {
        swap.new for seed in range(30) for swap in swaps(ROW, ["Jane Roe"], random.Random(seed)) if swap.kind == "name"
    }
    assert "Karl Brandt" in news or "Verden" in news
    assert "Jane Roe" not in news


def test_a_swap_leaves_longer_words_alone() -> None:
    assert Swap("number", "19", "20").apply("19 of 1998, 19-year-old, 19.") == "20 of 1998, 20-year-old, 20."


def test_a_negation_is_put_in_or_taken_out() -> None:
    negated = negate(ROW)
    assert negated is not None
    assert "was not first opened" in negated.claim
    back = negate(negated)
    assert back is not None
    assert back.claim == ROW.claim


def test_a_claim_without_an_auxiliary_verb_is_not_negated() -> None:
    assert negate(Row("made", "1", "Rivers rise.", "Rivers rise.", Label.SUPPORTED)) is None


def test_months_and_first_words_are_no_names() -> None:
    assert names_in("Yesterday Lena Voss spoke. Then in March came Karl Brandt.") == ["Lena Voss", "Karl Brandt"]
