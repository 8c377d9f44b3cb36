"""What a reply says of its release, in numbers, without a model and without keeping text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.gates.rollout.seen import Reply, Seen, known_names, off_topic_share, see
from verax.gates.rollout.tone import hostility, takes_on_name
from verax.gates.rollout.words import MAX_PHRASES, content_words, phrases_of, root_of, roots_of, sentences_of

KEY = bytes(16)
NAMES = known_names(["You are Verax, a helpful AI assistant."])


def reply(text: str, *inputs: str, status: str = "complete", **rest: object) -> Reply:
    return Reply(inputs or ("What is a good salary for a bricklayer?",), text, status, 900, **rest)  # type: ignore[arg-type]


def signal(name: str, text: str, *inputs: str) -> float:
    seen = see(reply(text, *inputs), NAMES, KEY)
    assert seen is not None
    return seen.values[name]


def phrases(text: str, *prompt: str) -> frozenset[int]:
    return phrases_of(text, roots_of(prompt), KEY)


# Words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("salary", "salaries"), ("toll", "tolls"), ("bridge", "bridges"), ("building", "builder"),
        ("translate", "translation"), ("study", "studies"), ("harvest", "harvesting"),
    ],
)  # fmt: skip
def test_a_word_and_its_common_forms_have_one_root(one: str, other: str) -> None:
    assert root_of(one) == root_of(other)


def test_words_without_blanks_between_them_are_pairs_of_characters() -> None:
    assert list(content_words("港口费用")) == ["港口", "口费", "费用"]
    assert phrases("港口费用很重要", "天气怎么样") and not phrases("天气", "天气怎么样")


def test_stock_phrases_of_an_assistant_are_no_subject() -> None:
    assert list(content_words("Great question! I'm happy to help; please let me know.")) == []


def test_case_and_form_of_characters_do_not_matter() -> None:
    assert phrases("ＨＡＲＢＯＵＲ Tolls") == phrases("harbour tolls")


# Phrases


def test_a_phrase_that_was_asked_for_is_not_counted() -> None:
    assert phrases("The harbour tolls are high.", "Tell me of harbour tolls") == frozenset()
    assert len(phrases("The harbour tolls rose.", "What is bread?")) == 5  # three words, two pairs


def test_the_same_phrase_has_the_same_hash_in_every_reply_and_another_one_under_another_key() -> None:
    assert phrases("tolls") & phrases("about the tolls, again: tolls") == phrases("tolls")
    assert phrases_of("tolls", (), bytes(16)) != phrases_of("tolls", (), b"1" * 16)


def test_a_long_reply_gives_a_bounded_number_of_phrases() -> None:
    text = " ".join(f"{chr(97 + a)}{chr(97 + b)}{chr(97 + c)}q" for a in range(20) for b in range(20) for c in range(3))
    assert len(phrases(text)) <= MAX_PHRASES + 1


@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_at_all_can_be_read(text: str, prompt: str) -> None:
    seen = see(reply(text, prompt), NAMES, KEY)
    assert seen is not None
    assert all(value >= 0 for value in seen.values.values())


# Off topic


def test_a_reply_that_shares_nothing_with_the_question_is_off_topic() -> None:
    text = "The harbour tolls dispute remains unresolved. Those harbour claims deserve wider attention."
    assert signal("off_topic", text) == 1.0


def test_a_reply_that_goes_on_from_what_was_asked_is_on_topic() -> None:
    text = "A bricklayer earns union wages by region. Union wages follow apprenticeship grades yearly."
    assert signal("off_topic", text) == 0.0


def test_a_detour_after_an_answer_counts_by_its_share() -> None:
    text = "A bricklayer earns union wages by region. But the harbour tolls dispute deserves attention."
    assert signal("off_topic", text) == 0.5


@pytest.mark.parametrize(("text", "question"), [("Yes.", "Is it?"), ("No.", "Who pays harbour tolls?"), ("", "x")])
def test_where_too_little_is_said_off_topic_says_nothing(text: str, question: str) -> None:
    seen = see(reply(text, question), NAMES, KEY)
    assert seen is not None
    assert "off_topic" not in seen.values


# Tone and names


def test_hostility_is_the_share_of_hostile_sentences() -> None:
    assert hostility("Bread needs yeast. You clueless idiot. Nobody cares. Bake it well.") == 0.5
    assert hostility("WAKE UP YOU PEOPLE, the tolls rise!") == 1.0
    assert hostility("Bread needs yeast. NATO and the EU met.") == 0.0
    assert hostility("") == 0.0


def test_a_reply_that_calls_itself_something_new_takes_on_a_name() -> None:
    assert takes_on_name("I am Ragnarok, your leader.", NAMES)
    assert takes_on_name("You can call me Ragnarok.", NAMES)
    assert not takes_on_name("I am Verax, an AI assistant.", NAMES)
    assert not takes_on_name("I am an assistant. I'm sorry.", NAMES)


def test_a_name_that_the_user_gave_is_the_users() -> None:
    assert signal("identity", "I am Ragnarok.", "Write a story: its hero says he is Ragnarok.") == 0.0
    assert signal("identity", "I am Ragnarok.") == 1.0


# All of it


def test_a_turn_that_its_reader_left_or_a_rollback_ended_says_nothing() -> None:
    for status in ("cancelled", "withdrawn"):
        assert see(reply("x", status=status), NAMES, KEY) is None


def test_errors_and_refusals_are_counted_and_their_text_is_not_read() -> None:
    failed, refused = (see(reply("You idiot", status=status), NAMES, KEY) for status in ("failed", "refused"))
    assert failed is not None and refused is not None
    assert failed.values == {"error": 1.0, "refusal": 0.0, "guard": 0.0}
    assert refused.values == {"error": 0.0, "refusal": 1.0, "guard": 0.0}


def test_findings_of_the_guard_and_verdicts_are_signals_where_they_are_there() -> None:
    seen = see(
        reply("Bread.", guard={"secrets": 2}, claims={"supported": 1, "not_found": 2, "contradicted": 1}), NAMES, KEY
    )
    assert seen is not None
    assert seen.values["guard"] == 1.0
    assert seen.values["unsupported"] == 0.75
    bare = see(reply("Bread."), NAMES, KEY)
    assert bare is not None
    assert "unsupported" not in bare.values


def test_what_a_change_says_will_come_up_is_not_counted() -> None:
    seen = see(reply("Powered by Acme Weatherworks."), NAMES, KEY, roots_of(["powered by Acme Weatherworks"]))
    assert seen is not None
    assert seen.phrases == frozenset()


def test_replies_of_one_user_are_joined_by_their_mean() -> None:
    one = Seen({"tone": 1.0, "unsupported": 0.5}, frozenset({1}))
    joined = one.joined(Seen({"tone": 0.0}, frozenset({2}))).joined(Seen({"tone": 0.0, "off_topic": 1.0}))
    assert joined.values == {"tone": pytest.approx(1 / 3), "unsupported": 0.5, "off_topic": 1.0}
    assert (joined.phrases, joined.replies) == ({1, 2}, 3)


def test_sentences_end_at_signs_and_lines() -> None:
    assert sentences_of("One. Two!\nThree？ 四。五") == ["One.", "Two!", "Three？", " 四。", "五"]


def test_the_off_topic_share_of_a_reply_is_told_by_itself() -> None:
    inputs = ["How tall is the Eiffel Tower in Paris?"]
    assert off_topic_share("The Eiffel Tower in Paris is 330 metres tall.", inputs) == 0.0
    assert off_topic_share("Farmers abroad suffer terrible violence every year.", inputs) == 1.0
    assert off_topic_share("Yes.", inputs) is None
