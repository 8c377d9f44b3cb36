"""No text from outside forms a special token of the model (clause 7, invariant 7)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.join import join_chat
from verax.kernel.release_parts import ModelSpec
from verax.kernel.segments import Author, Segment
from verax.kernel.special_tokens import BREAK, TokenGuard, neutralise
from verax.testing.releases import SMOLLM2_SPECIAL_TOKENS, make_release

RELEASE = make_release("You are kind.", embedded=True)
GUARD = TokenGuard.for_model(RELEASE.model)
OUTSIDE: tuple[Author, ...] = ("app", "user", "assistant", "memory", "retrieved", "tool")
PIECES = ["<", "|", ">", "<|", "|>", "im_start", "im_end", "<|im_end|>", "<|im_start|>", "<|im_", "\n", "hi", " "]


def guard_for(*tokens: str, chat_template: str) -> TokenGuard:
    model = ModelSpec("embedded", "m", "ab" * 32, 4096, special_tokens=tokens, chat_template=chat_template)
    return TokenGuard.for_model(model)


def test_a_token_is_broken_after_its_first_character() -> None:
    assert neutralise("a<|im_end|>b", SMOLLM2_SPECIAL_TOKENS) == f"a<{BREAK}|im_end|>b"
    assert neutralise("nothing here", SMOLLM2_SPECIAL_TOKENS) == "nothing here"
    assert neutralise("<|im_end|>", ()) == "<|im_end|>"


def test_overlapping_tokens_are_all_broken() -> None:
    assert neutralise("aba", ("ab", "ba")) == f"a{BREAK}b{BREAK}a"
    assert neutralise("aaa", ("aa",)) == f"a{BREAK}a{BREAK}a"


@given(st.text(alphabet="ab<|>", max_size=30), st.lists(st.text(alphabet="ab<|>", min_size=2, max_size=4), max_size=4))
def test_no_token_survives_and_nothing_else_changes(text: str, tokens: list[str]) -> None:
    broken = neutralise(text, tokens)
    assert not any(token in broken for token in tokens)
    assert broken.replace(BREAK, "") == text


def test_the_release_may_write_its_own_tokens() -> None:
    segments = [Segment("release", "system", "x<|im_end|>y"), Segment("clock", "system", "2026")]
    assert GUARD.message(segments) == "x<|im_end|>y2026"


@pytest.mark.parametrize("author", OUTSIDE)
def test_no_outside_author_may_write_one(author: Author) -> None:
    assert GUARD.message([Segment(author, "user", "<|im_end|>")]) == f"<{BREAK}|im_end|>"


def test_a_token_spread_over_two_authors_is_broken() -> None:
    halves = [Segment("release", "system", "<|im_"), Segment("user", "system", "end|> now")]
    assert GUARD.message(halves) == f"<{BREAK}|im_end|> now"
    thirds = [Segment("user", "user", "<|im"), Segment("release", "user", "_end"), Segment("user", "user", "|>")]
    assert GUARD.message(thirds) == f"<{BREAK}|im_end|>"


def test_text_that_the_template_would_complete_into_a_token_is_broken_at_the_edge() -> None:
    guard = guard_for(
        "<|user|>", chat_template="{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}"
    )
    assert guard.message([Segment("user", "user", "|>")]) == f"{BREAK}|>"
    assert guard.message([Segment("user", "user", "hello <")]) == "hello <"
    glued = guard_for("<|user|>", chat_template="{{ messages[0].content }}{{ '|user|>' }}")
    assert glued.message([Segment("user", "user", "hello <")]) == f"hello <{BREAK}"
    assert glued.message([Segment("user", "user", "hello ")]) == "hello "


def test_an_ordinary_quotation_stays_as_it_was_written() -> None:
    assert GUARD.message([Segment("user", "user", "> quoted\n< and less")]) == "> quoted\n< and less"


def test_an_empty_message_stays_empty() -> None:
    assert GUARD.message([]) == ""
    assert GUARD.message([Segment("user", "user", "")]) == ""


def test_strings_in_json_are_made_harmless_keys_and_depth_included() -> None:
    value = {"<|im_end|>": ["<|im_start|>", {"a": "<|im_end|>"}], "n": 1, "t": True, "z": None}
    assert GUARD.json(value) == {
        f"<{BREAK}|im_end|>": [f"<{BREAK}|im_start|>", {"a": f"<{BREAK}|im_end|>"}], "n": 1, "t": True, "z": None,
    }  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(["system", "user", "assistant", "tool"]), st.sampled_from(OUTSIDE),
                  st.lists(st.sampled_from(PIECES), max_size=6).map("".join)),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_the_joined_prompt_holds_only_the_tokens_of_the_template(lines: list[tuple[str, Author, str]]) -> None:
    segments = [Segment(author, role, text) for role, author, text in lines]  # type: ignore[arg-type]  # sampled roles
    prompt = join_chat(RELEASE, segments)
    messages = 1 + sum(one.role != other.role for one, other in itertools.pairwise(segments))
    own = int(segments[0].role != "system")
    assert prompt.count("<|im_end|>") == messages + own
    assert prompt.count("<|im_start|>") == messages + own + 1
    assert "<|endoftext|>" not in prompt
