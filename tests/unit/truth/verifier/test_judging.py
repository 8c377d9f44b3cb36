"""How scores and exact checks become a verdict, with a scorer whose answers are known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.truth.exact import Kind
from verax.truth.verdicts import SUPPORTED_FROM, Judgement, Verdict
from verax.truth.verifier.calibration import Calibration, log_odds, sigmoid
from verax.truth.verifier.judging import CAPS, PENALTIES, Asked, Judging, corrected

SURE, CONTRADICTED, UNSURE = (6.0, 0.0, 0.0), (0.0, 6.0, 0.0), (0.0, 0.0, 6.0)
BRIDGE = "The bridge was opened in 1932."


def judge(claim: str, texts: Sequence[str], says: dict[str, Sequence[float]], max_words: int = 120) -> Judgement:
    """Judge with a scorer that answers by the first phrase of `says` which the piece holds."""

    def scorer(_: str, piece: str) -> Sequence[float]:
        return next((logits for phrase, logits in says.items() if phrase in piece), UNSURE)

    return Judging(scorer, Calibration(1.0, 0.0), max_words).judge(Asked(claim, claim, texts))


def test_without_evidence_a_claim_is_not_found() -> None:
    assert judge(BRIDGE, [], {}) == Judgement(Verdict.NOT_FOUND, 0.0)
    assert judge(BRIDGE, ["", " "], {}).verdict is Verdict.NOT_FOUND


def test_a_claim_that_names_nothing_is_found_nowhere() -> None:
    passage = "The answer to this question is no."
    assert judge(passage, [passage], {"answer": SURE}) == Judgement(Verdict.NOT_FOUND, 0.0)


def test_the_sentence_that_supports_alone_is_the_span() -> None:
    text = "Verden is a town. The bridge was opened in 1932 by the mayor. Nobody knows the bridge."
    found = judge(BRIDGE, ["Nothing.", text], {"1932 by": SURE})
    assert found.verdict is Verdict.SUPPORTED
    [span] = found.spans
    assert (span.evidence, text[span.start : span.end]) == (1, "The bridge was opened in 1932 by the mayor.")


def test_two_sentences_that_decide_together_only_are_both_shown() -> None:
    text = "The bridge is in Verden. Ducks swim. The bridge was opened in 1932."

    def scorer(_: str, piece: str) -> Sequence[float]:
        return SURE if "Verden" in piece and "1932" in piece else UNSURE

    asked = Asked("The Verden bridge was opened in 1932.", "The Verden bridge was opened in 1932.", [text])
    found = Judging(scorer, Calibration(1.0, 0.0), 120).judge(asked)
    assert [text[span.start : span.end] for span in found.spans] == [
        "The bridge is in Verden.",
        "The bridge was opened in 1932.",
    ]


@pytest.mark.parametrize(
    ("agrees", "verdict"), [(True, Verdict.SUPPORTED), (False, Verdict.NOT_FOUND)], ids=["agrees", "does not"]
)
def test_a_bound_is_supported_where_the_model_agrees_to_the_number_that_satisfies_it(
    agrees: bool, verdict: Verdict
) -> None:
    asked: list[str] = []

    def scorer(claim: str, _: str) -> Sequence[float]:
        asked.append(claim)
        return SURE if agrees and "214 metres" in claim else UNSURE

    given = Asked(
        "It is over 200 metres long.", "The bridge is old. It is over 200 metres long.", ["It is 214 metres."]
    )
    found = Judging(scorer, Calibration(1.0, 0.0), 120).judge(given)
    assert found.verdict is verdict
    assert asked[:2] == [given.hypothesis, "The bridge is old. It is 214 metres long."]


def test_a_bound_that_does_not_hold_is_contradicted_and_the_model_is_asked_about_no_other_number() -> None:
    found = judge("The bridge is over 220 metres long.", ["The bridge is 214 metres long."], {"bridge": SURE})
    assert found.verdict is Verdict.CONTRADICTED
    assert judge("It cost 31 million dollars.", ["It cost 31 million euros."], {"cost": SURE}).verdict is not (
        Verdict.SUPPORTED
    )


def test_a_model_that_says_contradicted_is_believed() -> None:
    found = judge("The bridge is old.", ["The bridge is new. It is long."], {"new": CONTRADICTED})
    assert found.verdict is Verdict.CONTRADICTED
    assert (found.spans[0].start, found.spans[0].end) == (0, 18)
    assert found.probability is not None
    assert found.probability < SUPPORTED_FROM


@pytest.mark.parametrize(
    ("claim", "passage"),
    [
        (BRIDGE, "The bridge was opened in 1952."),
        ("The bridge is 40 metres long.", "The bridge is 55 metres long."),
        ("The bridge was opened in May.", "The bridge was opened in June."),
        (BRIDGE, "The bridge was not opened in 1932."),
    ],
)
def test_an_exact_conflict_about_the_same_thing_contradicts_whatever_the_model_says(claim: str, passage: str) -> None:
    found = judge(claim, [passage], {"bridge": SURE})
    assert found.verdict is Verdict.CONTRADICTED
    assert [passage[span.start : span.end] for span in found.spans] == [passage]


def test_an_exact_conflict_about_another_thing_only_keeps_the_claim_from_being_supported() -> None:
    assert judge(BRIDGE, ["The mayor died in 1952."], {"mayor": SURE}).verdict is Verdict.NOT_FOUND


def test_a_conflict_counts_in_the_nearest_piece_only() -> None:
    texts = ["The harbour wall was begun in 1932.", "The bridge was opened in 1952."]
    says = {"harbour": (1.0, 0.0, 2.0), "bridge": UNSURE}
    assert judge(BRIDGE, texts, says).verdict is Verdict.NOT_FOUND
    assert judge(BRIDGE, texts, {**says, "bridge": SURE}).verdict is Verdict.CONTRADICTED


def test_sources_that_contradict_one_another_are_both_shown() -> None:
    texts = ["The bridge was opened in 1932.", "The bridge was never opened."]
    found = judge(BRIDGE, texts, {"1932": SURE, "never": CONTRADICTED})
    assert found.verdict is Verdict.SUPPORTED
    assert [(span.evidence, span.supports) for span in found.spans] == [(0, True), (1, False)]


@pytest.mark.parametrize(
    ("other", "is_shown"),
    [
        ("The bridge was opened in 1942 by the king.", True),
        ("The bridge was not opened in 1932.", True),
        ("The tunnel in Stade was opened in 1942.", False),  # another thing
        ("The bridge is painted grey. In 1942 there was a fire.", False),
    ],
)
def test_a_source_that_says_the_same_with_another_date_is_shown_against_the_one_that_supports(
    other: str, *, is_shown: bool
) -> None:
    found = judge(BRIDGE, ["The bridge was opened in 1932.", other], {"bridge was opened in 1932.": SURE})
    assert found.verdict is Verdict.SUPPORTED
    assert [(span.evidence, span.supports) for span in found.spans] == [(0, True), (1, False)][: 1 + is_shown]


def test_conflicts_cap_the_probability_and_what_is_missing_lowers_its_log_odds() -> None:
    assert corrected(0.9, BRIDGE, "The bridge was opened in 1952.") == (CAPS[Kind.DATE], True)
    assert corrected(0.01, BRIDGE, "The bridge was opened in 1952.") == (0.01, True)
    missing, is_conflict = corrected(0.9, "The bridge of Verden was opened.", "The bridge was opened.")
    assert not is_conflict
    assert math.isclose(missing, sigmoid(log_odds(0.9) - PENALTIES[Kind.NAME]))
    assert corrected(0.9, BRIDGE, BRIDGE) == (0.9, False)


def test_long_evidence_is_read_in_pieces_and_the_span_lies_where_it_says() -> None:
    filler = "The meeting went on for a while and nothing came of it. " * 30
    text = f"{filler}The bridge was opened in 1932. {filler}"
    [span] = judge(BRIDGE, [text], {"1932": SURE}, 40).spans
    assert text[span.start : span.end] == BRIDGE


WORDS = st.lists(
    st.sampled_from(["bridge", "opened", "1932.", "The", "mayor.", "\n", "old", "。", "town!"]), max_size=60
)


@given(WORDS.map(" ".join), st.integers(5, 30))
def test_spans_lie_in_their_passage_and_begin_and_end_at_words(text: str, max_words: int) -> None:
    def scorer(_: str, piece: str) -> Sequence[float]:
        return (float(piece.count("bridge")) * 4 - 3, float(piece.count("old")) * 2 - 3, 0.0)

    found = Judging(scorer, Calibration(1.0, 0.0), max_words).judge(Asked(BRIDGE, BRIDGE, [text]))
    for span in found.spans:
        assert span.evidence == 0
        assert 0 <= span.start < span.end <= len(text)
        assert 0 <= span.probability <= 1


def test_the_sentence_that_conflicts_is_shown_and_not_one_that_the_model_thinks_less_of() -> None:
    text = "It was founded on 14 March 1927 by an agreement. The director has led the board since September 2016."
    found = judge("The board was founded on 14 May 1927.", [text], {"director": (-3.0, 0.0, 3.0), "founded": SURE})
    assert found.verdict is Verdict.CONTRADICTED
    assert [text[span.start : span.end] for span in found.spans] == ["It was founded on 14 March 1927 by an agreement."]


def test_what_conflicts_in_the_nearest_piece_is_not_borne_out_by_another_of_the_same_passage() -> None:
    filler = "The meeting went on for a while and nothing came of it. " * 4
    text = (
        f"The bridge was opened by the king in 1942. {filler}In 1932 the bridge was planned and then opened to ideas."
    )
    found = judge(BRIDGE, [text], {"by the king in 1942": (8.0, 0.0, 0.0), "planned": SURE}, 30)
    assert found.verdict is Verdict.CONTRADICTED


@pytest.mark.parametrize(
    ("claim", "verdict"), [(BRIDGE, Verdict.SUPPORTED), ("The bridge was opened in 1952.", Verdict.CONTRADICTED)]
)
def test_no_sentence_is_read_behind_one_that_decides_as_well_as_its_piece(claim: str, verdict: Verdict) -> None:
    text = "The bridge was opened in 1932. The bridge is grey. The bridge was painted twice. A bridge is long."
    read = []

    def scorer(_: str, piece: str) -> Sequence[float]:
        read.append(piece)
        return SURE

    found = Judging(scorer, Calibration(1.0, 0.0), 120).judge(Asked(claim, claim, [text]))
    assert found.verdict is verdict
    assert read == [text, "The bridge was opened in 1932."]
