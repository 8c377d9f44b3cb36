"""What a single sentence says otherwise: planted errors are found, and what only looks like one is not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from verax.truth.denials import denials
from verax.truth.findings import Weight
from verax.truth.verdicts import Verdict
from verax.truth.verifier.calibration import Calibration
from verax.truth.verifier.judging import Asked, Judging

LAB = "The laboratory is headed by Priya Raman, who succeeded Hugh Lindqvist in January."
LOSSES = "Losses in the network fell from 14.8 percent to 12.6 percent."
WORKS = "Water is treated at the Colby works, which was built in 1962 and rebuilt in 2009."
MONEY = "Revenue was 31.7 million pounds, expenditure 29.9 million pounds."
PAID = "Its insurer paid 412,000 pounds in October. The board had claimed 530,000 pounds."
SAID = 'In May "we have stopped mending pipes where they burst and begun to replace them," Solberg said.'
VOTE = "Rosa Delgado was elected chair of the council. She defeated Martin Hale, who had held the office since 2011."

PLANTED = [
    ("Fluoride is added to the water.", "The water is filtered. No fluoride is added.", "negation"),
    ("Well 4 was closed and reopened before the year ended.", "It was not reopened before the year ended.", "negation"),
    ("The county has given its leave for the hall.", "The county has not yet given its leave.", "negation"),
    ("The supplier of the lamps was Aquaterra.", "The supplier was Nordlys, not the incumbent Aquaterra.", "negation"),
    (
        "There were 143 bursts, the highest number since 1974.",
        "There were 143 bursts, the lowest number since 1974.",
        "opposite",
    ),
    ("Losses in the network rose to 12.6 percent.", LOSSES, "opposite"),
    ("The council rejected the plan.", "In May the council approved the plan.", "opposite"),
    ("The contractor's insurer paid 530,000 pounds in October.", PAID, "number"),
    (
        "Tomas Everett has led the board since 2016.",
        "The director, Ingrid Solberg, has led the board since 2016.",
        "name",
    ),
    ("In 2021 the engineer Lucia Moretti left.", "In 2021 the engineer Lucia Marchetti left.", "name"),
    ("Losses in the network fell from 12.6 percent to 14.8 percent.", LOSSES, "order"),
    ("The Colby works was built in 2009 and rebuilt in 1962.", WORKS, "order"),
    ("Revenue was 29.9 million pounds and expenditure 31.7 million pounds.", MONEY, "order"),
    ("The laboratory is headed by Hugh Lindqvist, who succeeded Priya Raman in January.", LAB, "order"),
    ("In the vote Martin Hale defeated Rosa Delgado.", VOTE, "order"),
    ("“We have stopped replacing pipes where they burst,” Solberg said in May.", SAID, "quote"),
    ("“We will sell the whole network,” Solberg said in May.", SAID, "quote"),
    (
        "The agreement was made by nine parishes.",
        "It was founded by an agreement of seven parishes. The council has nine members, five elected by the parishes.",
        "number",
    ),
]

HARMLESS = [
    ("No fluoride is added to the water.", "The water is filtered. No fluoride is added."),
    ("The council approved the plan.", "The council approved the plan, which does not name a tunnel."),
    ("The council did not approve the plan but set up a committee.", "The council set up a committee."),
    ("Losses in the network did not rise.", "Losses in the network fell."),
    ("Delgado is smaller than Hale.", "Hale is larger than Delgado."),
    ("The insurer paid 530,000 pounds in October.", "The insurer paid 412,000, and 530,000 pounds in all, in October."),
    ("Ingrid Solberg has led the board since 2016.", "She has led the board since 2016; her deputy is Tomas Everett."),
    ("It is an American city.", "It is a city in the United States."),
    ("Losses in the network fell to 12.6 percent from 14.8 percent.", LOSSES),
    ("Expenditure was 29.9 million pounds and revenue 31.7 million pounds.", MONEY),
    ("In January Hugh Lindqvist was succeeded by Priya Raman.", "In January Priya Raman succeeded Hugh Lindqvist."),
    ("In May Martin Hale met Rosa Delgado.", "In May Rosa Delgado met Martin Hale."),
    ("On 23 March there were 16 cases in the county.", "In the county there were 16 cases on 23 March."),
    ("“We have stopped mending pipes where they burst …,” Solberg said in May.", SAID),
    ("He reads “Dune” often.", "Solberg said nothing."),
    ('"We have a plan for the pipes."', "They have a plan for the pipes."),
]


def kinds(claim: str, passage: str) -> set[str]:
    return {finding.kind.value for finding in denials(claim, passage)}


@pytest.mark.parametrize(("claim", "passage", "kind"), PLANTED)
def test_a_planted_error_is_found(claim: str, passage: str, kind: str) -> None:
    assert kind in kinds(claim, passage)


@pytest.mark.parametrize(("claim", "passage"), HARMLESS)
def test_what_says_the_same_otherwise_is_not_found_fault_with(claim: str, passage: str) -> None:
    assert kinds(claim, passage) == set()


@pytest.mark.parametrize("passage", dict.fromkeys(passage for _, passage, _ in PLANTED))
def test_no_sentence_denies_itself(passage: str) -> None:
    for sentence in passage.split(". "):
        assert kinds(sentence, passage) == set()


def test_a_sentence_that_says_what_the_claim_says_ends_a_finding() -> None:
    assert kinds("The toll was raised in May.", "The toll was not raised in May. In May the toll was raised.") == set()
    assert (
        kinds("The council rejected the plan.", "The council approved the plan. The council rejected the plan.")
        == set()
    )


def test_words_in_quotation_marks_that_the_passage_lacks_are_missing_and_misquoted_ones_a_conflict() -> None:
    [invented] = denials("“We will sell the whole network,” Solberg said.", SAID)
    [misquoted] = denials("“We have stopped replacing pipes where they burst,” Solberg said.", SAID)
    assert (invented.weight, misquoted.weight) == (Weight.MISSING, Weight.CONFLICT)


@pytest.mark.parametrize(("claim", "passage", "kind"), PLANTED)
def test_a_planted_error_is_never_supported_however_sure_the_model_is(claim: str, passage: str, kind: str) -> None:
    def sure(_claim: str, _piece: str) -> Sequence[float]:
        return 2.0, 0.0, 0.0  # 0.79, about what the weights that ship say of such claims

    found = Judging(sure, Calibration(1.0, 0.0), 120).judge(Asked(claim, claim, [passage]))
    assert found.verdict in (Verdict.CONTRADICTED, Verdict.NOT_FOUND), kind
