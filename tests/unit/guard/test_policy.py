"""The guard's exact detectors, its policies and its stream."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.guard.audience import Audience
from verax.guard.categories import Category
from verax.guard.exact import exact_detectors
from verax.guard.policy import MASK, Policy, check_input
from verax.guard.stream import OutputGuard
from verax.kernel.errors import ReleaseError

PROMPT = "You are a kind helper who answers every question briefly and always in plain words."
KEY = "vx-" + "a1B2" * 8
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
HIDDEN = "\U000e0069\U000e0067\U000e006e"


@dataclass(frozen=True)
class Rule:
    detector: str
    action: str


def policy(*rules: tuple[str, str]) -> Policy:
    return Policy.from_rules([Rule(*rule) for rule in rules])


REWRITE = policy(("secrets", "rewrite"), ("hidden_text", "rewrite"))


def test_an_empty_policy_refuses() -> None:
    with pytest.raises(ReleaseError, match="without rules"):
        Policy.from_rules([])


@pytest.mark.parametrize("rule", [("telepathy", "refuse"), ("secrets", "shrug"), ("secrets", "")])
def test_an_unknown_detector_or_action_is_an_error(rule: tuple[str, str]) -> None:
    with pytest.raises(ReleaseError, match="unknown"):
        policy(rule)


def test_a_detector_named_twice_is_an_error() -> None:
    with pytest.raises(ReleaseError, match="twice"):
        policy(("secrets", "mark"), ("secrets", "refuse"))


@pytest.mark.parametrize(
    "secret",
    [KEY, "sk-" + "x" * 40, "ghp_" + "A" * 36, "AKIA" + "Z9" * 8, "AIza" + "b" * 35, "xoxb-" + "1" * 24, PEM],
)
def test_known_credentials_are_masked_and_nothing_else_is(secret: str) -> None:
    decision = REWRITE.decide(f"before {secret} after")
    assert decision.text == f"before {MASK} after"
    assert (decision.action, decision.category) == ("rewrite", "secrets")


@pytest.mark.parametrize(
    "text", ["task-force and risk-averse people", "vx-short", "AKIA", "-----BEGIN CERTIFICATE-----"]
)
def test_ordinary_text_that_looks_a_little_like_a_key_passes(text: str) -> None:
    assert REWRITE.decide(text).action == "allow"


def test_an_unfinished_private_key_is_masked_to_its_end() -> None:
    assert REWRITE.decide("x " + PEM[:50]).text == f"x {MASK}"


def test_flag_emoji_pass_and_hidden_tag_text_does_not() -> None:
    assert REWRITE.decide(f"go {FLAG}!").text == f"go {FLAG}!"
    assert REWRITE.decide(f"go{HIDDEN}!").text == f"go{MASK}!"


def test_narrowing_takes_the_stricter_action_of_two_policies() -> None:
    both = policy(("secrets", "mark")).narrow(policy(("secrets", "refuse"), ("hidden_text", "rewrite")))
    assert {rule.category: rule.action for rule in both.rules} == {"secrets": "refuse", "hidden_text": "rewrite"}
    assert both.narrow(policy(("secrets", "mark"))).rules == both.rules


def test_input_is_refused_where_it_would_have_to_be_rewritten() -> None:
    assert check_input(REWRITE, ["hello", f"my key is {KEY}"]).action == "refuse"
    assert check_input(policy(("secrets", "mark")), [f"my key is {KEY}"]).action == "mark"
    assert check_input(REWRITE, ["hello"]).action == "allow"


def test_a_refusing_rule_stops_the_stream_for_good() -> None:
    guard = OutputGuard(policy(("secrets", "refuse")))
    assert guard.feed("safe ") == "safe "
    assert guard.feed(KEY + " more") == ""
    assert guard.refused == "secrets"
    assert guard.feed("later") + guard.finish() == ""


def test_ordinary_words_leave_at_once() -> None:
    guard = OutputGuard(REWRITE)
    assert [guard.feed(piece) for piece in ("Ham", "let", " was", " written")] == ["Ham", "let", " was", " written"]


def test_a_key_that_arrives_in_pieces_never_leaves() -> None:
    guard = OutputGuard(REWRITE)
    out = "".join(guard.feed(character) for character in f"key: {KEY}, bye") + guard.finish()
    assert out == f"key: {MASK}, bye"
    assert guard.rewritten and guard.findings == 1


PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            " ",
            "s",
            "sk-",
            "x" * 12,
            "v",
            "vx-",
            KEY,
            PEM,
            PEM[:40],
            PEM[40:],
            "-----",
            "-----BEGIN ",
            "CERTIFICATE-----",
            "\n",
            FLAG,
            FLAG[:3],
            FLAG[3:],
            HIDDEN,
            "\u202e",
            "word",
            "AKIA",
            "Z9" * 8,
        ]
    ),
    max_size=12,
)


@given(pieces=PIECES, cuts=st.lists(st.integers(1, 9), max_size=60))
def test_what_leaves_in_pieces_is_what_would_leave_whole(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    guard, out, start = OutputGuard(REWRITE), "", 0
    for cut in cuts:
        out += guard.feed(text[start : start + cut])
        start += cut
    out += guard.feed(text[start:]) + guard.finish()
    assert out == REWRITE.decide(text).text


@given(text=st.text())
def test_detectors_report_ordered_spans_inside_the_text(text: str) -> None:
    for detector in exact_detectors(Audience.EIGHT_TO_TWELVE, "output", [PROMPT]).values():
        spans = [(finding.start, finding.end) for finding in detector.find(text)]
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert spans == sorted(spans)
        assert 0 <= detector.held(text) <= len(text)


def test_every_exact_detector_finds_a_category_of_the_list() -> None:
    detectors = exact_detectors(Audience.ADULT, "input")
    assert all(Category(name) and detector.name == name for name, detector in detectors.items())
