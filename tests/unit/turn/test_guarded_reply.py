"""The output step: what leaves, what is withheld, and what is remembered as the reply."""

from __future__ import annotations

from dataclasses import dataclass

from verax.guard.policy import MASK, Policy
from verax.models.base import Delta, Finish, TokenLogprob, ToolDelta
from verax.turn.events import Refusal, TextDelta, ToolCallDelta
from verax.turn.guard import GuardedReply

KEY = "vx-" + "a1B2" * 8


@dataclass(frozen=True)
class Rule:
    detector: str
    action: str


def reply(action: str = "rewrite", choices: int = 1) -> GuardedReply:
    return GuardedReply(Policy.from_rules([Rule("secrets", action)]), choices)


def text_of(events: list[object]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_text_leaves_and_is_remembered_as_it_left() -> None:
    guarded = reply()
    events = [*guarded.take(Delta(f"key {KEY}")), *guarded.take(Delta(" end")), *guarded.take(Finish("stop"))]
    assert text_of(list(events)) == f"key {MASK} end" == guarded.choices()[0].text
    assert guarded.is_rewritten and not guarded.is_cut


def test_a_refusal_ends_the_reply_and_offers_a_next_step() -> None:
    guarded = reply("refuse")
    events = [*guarded.take(Delta("well, ")), *guarded.take(Delta(f"{KEY} ")), *guarded.take(Delta("more"))]
    assert text_of(list(events)) == "well, "
    refusal = events[-1]
    assert isinstance(refusal, Refusal) and refusal.next_step
    assert guarded.is_cut and guarded.refusal == "secrets"
    assert guarded.choices()[0].finish_reason == "content_filter"


def test_a_withdrawn_reply_ends_with_its_sentence() -> None:
    guarded = reply()
    assert text_of(list(guarded.take(Delta("One two")))) == "One two"
    guarded.withdraw()
    assert text_of(list(guarded.take(Delta(" three. Four")))) == " three."
    assert guarded.is_cut
    assert guarded.take(Delta(" five.")) == []
    assert guarded.choices()[0].text == "One two three."


def test_a_withdrawn_reply_without_sentences_ends_all_the_same() -> None:
    guarded = reply()
    guarded.withdraw()
    for _ in range(50):
        guarded.take(Delta("word " * 10))
    assert guarded.is_cut
    assert len(guarded.choices()[0].text) < 500


def test_tool_calls_leave_whole_and_only_when_no_rule_objects() -> None:
    guarded = reply()
    assert guarded.take(ToolDelta(0, '{"q":', call_id="c1", name="find")) == []
    assert guarded.take(ToolDelta(0, '"x"}')) == []
    assert guarded.take(Finish("tool_calls")) == [ToolCallDelta(0, '{"q":"x"}', 0, "c1", "find")]
    assert guarded.choices()[0].tool_calls[0].arguments == '{"q":"x"}'


def test_a_secret_in_a_tool_call_refuses_it() -> None:
    guarded = reply()
    guarded.take(ToolDelta(0, f'{{"q":"{KEY}"}}', call_id="c1", name="find"))
    assert isinstance(guarded.take(Finish("tool_calls"))[0], Refusal)
    assert guarded.choices()[0].tool_calls == ()


def test_log_probabilities_leave_with_their_text_and_never_with_masked_text() -> None:
    guarded = reply()
    plain = guarded.take(Delta("Hi ", logprobs=(TokenLogprob("Hi ", -0.1),)))
    assert isinstance(plain[0], TextDelta) and plain[0].logprobs[0].token == "Hi "
    held = guarded.take(Delta(KEY, logprobs=(TokenLogprob(KEY, -0.2),)))
    rest = [*guarded.take(Delta(" ok", logprobs=(TokenLogprob(" ok", -0.3),))), *guarded.take(Finish("stop"))]
    shown = [p.token for event in [*held, *rest] if isinstance(event, TextDelta) for p in event.logprobs]
    assert KEY not in "".join(shown)
    assert all(KEY not in p.token for p in guarded.choices()[0].logprobs)


def test_choices_are_guarded_one_by_one() -> None:
    guarded = reply(choices=2)
    guarded.take(Delta("one", 0))
    guarded.take(Delta("two", 1))
    guarded.take(Finish("length", 1))
    assert [event for event in guarded.close() if isinstance(event, TextDelta)] == []
    assert [choice.text for choice in guarded.choices()] == ["one", "two"]
    assert guarded.is_length
