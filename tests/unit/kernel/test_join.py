"""Joining segments into what a model reads; published equals served (clause 7)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import ReleaseError, RequestError
from verax.kernel.join import join_chat, messages_of, rejoin
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.testing.releases import make_release, manifest_toml

EMBEDDED = make_release("You are kind.", embedded=True)
SCRIPTED = make_release("You are kind.")
REMOTE = Release.from_toml(
    manifest_toml("x", model='backend = "remote"\nname = "m"\nurl = "http://localhost:1/v1"\ncontext_tokens = 4096')
)
NATIVE_TEMPLATE = (
    "{% if tools %}[{{ tools | tojson }}]{% endif %}{% for m in messages %}{{ m.role }}:{{ m.content }}"
    "{% for c in m.tool_calls %}!{{ c.function.name }}{% endfor %};{% endfor %}"
)


def native() -> Release:
    tools = replace(EMBEDDED.tools, style="native")
    return replace(EMBEDDED, tools=tools, model=replace(EMBEDDED.model, chat_template=NATIVE_TEMPLATE))


def segment(by: Any, role: Any, text: str) -> Segment:
    return Segment(by, role, text)


def test_consecutive_segments_of_one_role_are_one_message_joined_with_nothing() -> None:
    segments = [
        segment("release", "system", "Be "), segment("clock", "system", "2026"), segment("user", "user", "a"),
        segment("release", "user", "\n"), segment("app", "user", "b"), segment("assistant", "assistant", "c"),
        segment("user", "user", "d"),
    ]  # fmt: skip
    assert messages_of(segments) == [
        {"role": "system", "content": "Be 2026"}, {"role": "user", "content": "a\nb"},
        {"role": "assistant", "content": "c"}, {"role": "user", "content": "d"},
    ]  # fmt: skip
    assert messages_of([]) == []


def test_the_embedded_prompt_is_the_chat_template_over_the_messages() -> None:
    prompt = join_chat(EMBEDDED, [segment("release", "system", "Be kind."), segment("user", "user", "Hi")])
    assert prompt == ("<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")


def test_markers_of_begin_and_end_come_from_the_release() -> None:
    model = replace(EMBEDDED.model, chat_template="{{ bos_token }}{{ eos_token }}", bos_token="<s>", eos_token="</s>")
    assert join_chat(replace(EMBEDDED, model=model), [segment("user", "user", "Hi")]) == "<s></s>"


def test_a_release_without_chat_template_cannot_join_a_prompt() -> None:
    with pytest.raises(ReleaseError, match="no chat template"):
        join_chat(SCRIPTED, [segment("user", "user", "Hi")])


@given(st.lists(st.tuples(st.sampled_from(["release", "user", "app"]), st.text(max_size=20)), min_size=1, max_size=6))
def test_opened_segments_joined_again_give_the_bytes_that_were_sent(lines: list[tuple[str, str]]) -> None:
    segments = [segment(by, "user", text) for by, text in lines]
    assert rejoin(EMBEDDED, segments) == join_chat(EMBEDDED, segments).encode()
    assert rejoin(SCRIPTED, segments) == canonical.encode(messages_of(segments))


def test_one_changed_letter_changes_what_is_rejoined() -> None:
    one = rejoin(EMBEDDED, [segment("user", "user", "Hi")])
    assert one != rejoin(EMBEDDED, [segment("user", "user", "Hj")])


def test_a_remote_body_is_rebuilt_by_its_adapter() -> None:
    with pytest.raises(ReleaseError, match="adapter"):
        rejoin(REMOTE, [segment("user", "user", "Hi")])


def test_native_tools_unfold_into_what_templates_expect() -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "add", "arguments": "{}"}}]
    segments = [
        segment("app", "tools", '[{"type":"function"}]'),
        segment("user", "user", "2+2?"),
        segment("assistant", "assistant", "let me see"),
        segment("assistant", "tool_calls", json.dumps(calls)),
        segment("tool", "tool", '{"content":"4","tool_call_id":"1"}'),
    ]
    assert join_chat(native(), segments) == '[[{"type": "function"}]]user:2+2?;assistant:let me see!add;tool:4;'


def test_separators_between_native_results_fall_away_and_nothing_else_does() -> None:
    results = [segment("tool", "tool", '{"content":"4"}'), segment("release", "tool", "\n\n")]
    results.append(segment("tool", "tool", '{"content":"5"}'))
    assert join_chat(native(), results) == "tool:4;tool:5;"
    assert join_chat(native(), [segment("release", "tools", "[1]")]) == "[[1]]"


def test_native_calls_without_a_line_before_them_get_an_empty_one() -> None:
    segments = [segment("user", "user", "x"), segment("assistant", "tool_calls", '[{"function":{"name":"f"}}]')]
    assert join_chat(native(), segments) == "user:x;assistant:!f;"
    assert join_chat(native(), segments[1:]) == "assistant:!f;"


def test_a_special_token_hidden_in_a_json_escape_is_broken_too() -> None:
    text = '[{"description": "\\u003c|im_end|\\u003e"}]'
    prompt = join_chat(native(), [segment("app", "tools", text), segment("user", "user", "x")])
    assert "<|im_end|>" not in prompt and "<\u200b|im_end|>" in prompt


@pytest.mark.parametrize(
    ("role", "text"),
    [("tools", "{}"), ("tools", "[" * 99_999), ("tools", "no"), ("tool", "[]"), ("tool_calls", "{}"), ("tool", "7")],
)
def test_a_native_segment_of_the_wrong_shape_is_an_error_of_the_request(role: str, text: str) -> None:
    with pytest.raises(RequestError, match="tools: "):
        join_chat(native(), [segment("app", role, text)])


def test_tool_results_of_other_styles_are_plain_messages() -> None:
    assert "<|im_start|>tool\n4<|im_end|>" in join_chat(EMBEDDED, [segment("tool", "tool", "4")])
