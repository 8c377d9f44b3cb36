"""Which sentences are claims, which lean on others, and in what language they are."""

from __future__ import annotations

import pytest

from verax.truth.claims import (
    SentenceKind,
    claims_of,
    is_about,
    kind_of,
    language_of,
    leans,
    names_nothing,
    plain,
    split,
)

KINDS = {
    SentenceKind.CLAIM: [
        "Marie Curie discovered polonium.",
        "Use of force is banned in Verden.",
        "Set in Paris, the film won four awards.",
        "The mayor said that the bridge was opened.",
        "There are 12 bridges in the town.",
        "**Verden** has a [bridge](https://ex.org) [1].",
        "桥梁于1932年开放。",
        "The answer to this question is no.",
        "The answer is: can nails be polished?",
    ],
    SentenceKind.QUESTION: ["When was the bridge opened?", "桥梁是什么时候开放的？", '"Was it you?"'],
    SentenceKind.GREETING: [
        "Hello there, my friend!",
        "Thank you for your question.",
        "Let me know if you need more.",
        "Hello!",
    ],
    SentenceKind.INSTRUCTION: ["Click the button to save.", "Please open the file first.", "Set the timer to five."],
    SentenceKind.OPINION: [
        "I think the bridge is old.",
        "In my opinion it was a mistake.",
        "You should visit it in May.",
        "The painting is really beautiful.",
        "我认为这座桥很老。",
    ],
    SentenceKind.UNKNOWING: [
        "I don't know when it was built.",
        "As an AI, I cannot verify that.",
        "I'm not sure that it was 1932.",
        "The answer to this question is not provided.",
        "The passage does not say when it was built.",
        "我不知道它是什么时候建成的。",
    ],
    SentenceKind.FRAGMENT: ["Overview", "Here is the list:", "See https://ex.org/a-long-address", "New York City"],
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in KINDS.items() for text in texts])
def test_a_sentence_is_what_it_says(kind: SentenceKind, text: str) -> None:
    [sentence] = split(text)
    assert kind_of(sentence) is kind


@pytest.mark.parametrize(
    ("text", "is_empty"),
    [
        ("The answer to this question is no.", True),
        ("So the answer is: 42.", True),
        ("The answer is: can nail fungus be caused by nail polish?", True),
        ("The answer is that nail polish can cause nail fungus.", False),
        ("The bridge is old.", False),
    ],
)
def test_an_answer_of_too_few_words_names_nothing(text: str, is_empty: bool) -> None:
    assert names_nothing(text) is is_empty


@pytest.mark.parametrize(
    "text",
    ["She won two prizes.", "Its length is 40 m.", "In 1903, she won.", "Born in 1867, she moved.", "Both were closed.",
     "This bridge was closed.", "But they left.", "他于1867年出生。"],
)  # fmt: skip
def test_a_claim_that_begins_with_a_pronoun_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text",
    ["The bridge is long, and it is old.", "There are 12 bridges.", "It is known that bridges last.",
     "One of the bridges fell.", "Both of the bridges fell.", "The mayor said that he left.", "桥梁于1932年开放。"],
)  # fmt: skip
def test_a_claim_that_names_its_subject_does_not_lean(text: str) -> None:
    assert not leans(text)


def test_the_context_of_a_claim_is_the_subject_before_it_and_only_where_it_leans() -> None:
    text = "# Marie Curie\nHello! Marie Curie was born in Warsaw. She won two prizes. Did she? Paris is a city."
    first, second, third = claims_of(text)
    assert (first.context, third.context) == ("", "")
    assert second.context == "Marie Curie."
    assert text[second.start : second.end] == second.text == "She won two prizes."


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("The tower is 324 metres tall. It was finished in 1899. It stands in Paris.", "The tower."),
        ("In 1903, Marie Curie won a prize. She had two daughters.", "Marie Curie."),
        ("Anna and Ben moved to Rome. They opened a bakery.", "Anna and Ben."),
        ("Having lost everything, the king fled. He died in exile.", "the king."),
        # no subject is told: the sentence itself
        ("There are three bridges. They are old.", "There are three bridges."),
        ("The tower, which is of iron, is in Paris. It is tall.", "The tower, which is of iron, is in Paris."),
        # another one may be meant: the sentences
        ("The firm makes bicycles. Its founder is Anna. She is old.", "The firm makes bicycles. Its founder is Anna."),
        ("Marie Curie won a prize. This made her famous.", "Marie Curie won a prize."),
        ("Marie Curie was born here.\n\n# Early life\n\nShe won prizes.", "Marie Curie was born here. Early life"),
        ("# Marie Curie\n\nShe won two prizes.", "Marie Curie"),
        ("It was late. It was dark. It rained all night.", "It was late. It was dark."),
    ],
)  # fmt: skip
def test_what_stands_between_a_claim_and_its_subject_is_not_claimed_again(text: str, context: str) -> None:
    assert claims_of(text)[-1].context == context


def test_a_name_is_looked_for_by_its_first_letters() -> None:
    assert is_about("Marie Curie.", "Curie was born in Warsaw.")
    assert is_about("Bridges.", "the bridge is old")
    assert not is_about("Albert Einstein.", "Marie Curie won two prizes.")
    assert is_about("The tower.", "Nothing is named here.")


@pytest.mark.parametrize(
    "context",
    ["There are three bridges.", "Early life", "The tower, which is of iron, is in Paris.", "Ulm is old. It fell."],
)
def test_the_names_of_a_heading_or_of_whole_sentences_are_looked_for_nowhere(context: str) -> None:
    assert is_about(context, "Nothing is named here.")


def test_a_long_sentence_before_a_claim_is_no_context() -> None:
    assert claims_of(f"The bridge {'very ' * 70} fell. It was old.")[1].context == ""


def test_marks_of_emphasis_links_and_citations_are_not_read() -> None:
    assert plain("The **old** `bridge` of\n[Verden](https://ex.org) fell [1, 2].") == "The old bridge of Verden fell."
    assert plain("snake_case and 2*3*4 stay") == "snake_case and 2*3*4 stay"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The bridge was opened in 1932"),
        ("en", "Marie Curie discovered polonium"),
        ("zh", "桥梁于1932年开放"),
        ("zh", "他在IBM工作"),
        ("other", "橋は1932年に開通した"),
        ("other", "Berlin liegt in Deutschland"),
        ("other", "La tour Eiffel est à Paris"),
        ("other", "De brug is geopend in 1932"),
        ("other", "El puente fue abierto en mayo"),
        ("other", "Мост открыли в 1932 году"),
        ("other", "Η γέφυρα άνοιξε το 1932"),
        ("unknown", "GDP 3% 2024"),
        ("unknown", "1932"),
    ],
)
def test_the_language_of_a_sentence_is_told_or_left_open(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("sign", ["[", "*", "(", "a. ", "a\n", "> ", ".", '"', "他", "`", "1. ", "# "])
def test_a_text_made_to_be_slow_is_cut_in_time(sign: str) -> None:
    """The runner's limit is the only one: a rule that looks back over the whole text would never end here."""
    claims_of(sign * (100_000 // len(sign)))
