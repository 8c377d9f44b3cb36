from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from verax.kernel.errors import ModelUnavailable, RequestError, UnsupportedParameter
from verax.models.base import Options
from verax.models.engine_request import (
    MAX_SCHEMA_BYTES,
    check_options,
    completion_body,
    is_enforced,
    schema_grammar,
    schema_probe,
    split_bos,
)


def test_every_sampling_value_is_set_and_none_is_left_to_the_engine() -> None:
    body = completion_body("prompt", Options(temperature=0.3, top_p=0.9, top_k=20, seed=5, stop=("x",)), 2)
    assert body == {
        "prompt": "prompt",
        "stream": True,
        "return_progress": True,
        "cache_prompt": True,
        "max_tokens": 512,
        "seed": 7,
        "samplers": ["penalties", "top_k", "top_p", "temperature"],
        "temperature": 0.3,
        "top_k": 20,
        "top_p": 0.9,
        "min_p": 0.0,
        "typical_p": 1.0,
        "xtc_probability": 0.0,
        "dry_multiplier": 0.0,
        "mirostat": 0,
        "repeat_last_n": 64,
        "repeat_penalty": 1.0,
        "presence_penalty": 0.0,
        "frequency_penalty": 0.0,
        "stop": ["x"],
    }


def test_every_option_changes_the_body_or_is_refused() -> None:
    """A field of Options that nothing here looks at would be silently ignored."""
    changed = {
        "temperature": 0.1, "top_p": 0.5, "top_k": 3, "repeat_penalty": 1.2, "presence_penalty": 0.5,
        "frequency_penalty": 0.5, "max_tokens": 7, "seed": 9, "stop": ("x",), "top_logprobs": 3, "schema": {},
    }  # fmt: skip
    usual = completion_body("p", Options(), 0)
    for name, value in changed.items():
        assert completion_body("p", replace(Options(), **{name: value}), 0) != usual, name
    with pytest.raises(UnsupportedParameter):
        check_options(Options(tools=({"type": "function"},)))
    # `n` is one body a choice; `tool_choice` means nothing without tools.
    assert {field.name for field in fields(Options)} == {*changed, "n", "tools", "tool_choice"}


def test_log_probabilities_without_alternatives_still_ask_for_one() -> None:
    assert completion_body("p", Options(top_logprobs=0), 0)["logprobs"] == 1
    assert completion_body("p", Options(top_logprobs=5), 0)["logprobs"] == 5
    assert "logprobs" not in completion_body("p", Options(), 0)


@pytest.mark.parametrize(("options", "param"), [(Options(max_tokens=0), "max_tokens"), (Options(n=0), "n")])
def test_numbers_below_one_are_refused(options: Options, param: str) -> None:
    with pytest.raises(RequestError) as raised:
        check_options(options)
    assert raised.value.param == param


def test_a_schema_has_a_largest_size() -> None:
    check_options(Options(schema={"type": "object"}))
    with pytest.raises(UnsupportedParameter):
        check_options(Options(schema={"description": "x" * MAX_SCHEMA_BYTES}))


def test_the_grammar_holds_the_schema_with_fixed_white_space_whatever_the_caller_wrote() -> None:
    grammar = schema_grammar({"type": "string", "x-guidance": {"whitespace_flexible": True}})
    head, _, schema = grammar.partition("%json ")
    assert head == "%llguidance {}\nstart: "
    assert json.loads(schema) == {"type": "string", "x-guidance": {"whitespace_flexible": False}}


def test_the_probe_puts_a_strange_word_before_the_schema() -> None:
    probe = schema_probe({"type": "object"})
    assert probe["grammar"].count("%json") == 1 and '"zqx" value' in probe["grammar"]
    assert is_enforced('zqx{"') and not is_enforced("---")


def test_a_begin_token_is_handed_over_by_its_id() -> None:
    assert split_bos("<s>Hello", 1, "<s>") == [1, "Hello"]
    assert split_bos("<s>", 1, "<s>") == [1]


@pytest.mark.parametrize(("bos_id", "token"), [(1, "<s>"), (-1, "<s>"), (1, "")])
def test_a_prompt_that_does_not_begin_with_the_begin_token_is_refused(bos_id: int, token: str) -> None:
    with pytest.raises(ModelUnavailable, match="bos_token"):
        split_bos("Hello", bos_id, token)
