"""Chat templates: what common models need works, what costs too much stops (clause 7)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.chat_sandbox import SANDBOX
from verax.kernel.chat_template import chat_template_texts, check_chat_template, render_chat
from verax.kernel.errors import ReleaseError, RequestError
from verax.testing.releases import SMOLLM2_CHAT_TEMPLATE

MESSAGES = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}]


def chat(template: str, **variables: Any) -> str:
    return render_chat(template, {"messages": MESSAGES, "add_generation_prompt": True, **variables})


def test_the_template_of_smollm2_renders_as_its_authors_expect() -> None:
    expected = "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    assert chat(SMOLLM2_CHAT_TEMPLATE) == expected


def test_smollm2_adds_its_own_system_prompt_where_there_is_none() -> None:
    assert "You are a helpful AI assistant named SmolLM" in chat(SMOLLM2_CHAT_TEMPLATE, messages=MESSAGES[1:])


def test_every_literal_of_a_template_is_found() -> None:
    texts = chat_template_texts(SMOLLM2_CHAT_TEMPLATE)
    assert (
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n" in texts
    )
    assert chat_template_texts("a{% if x == 'b' %}{{ 'c' ~ 'd' }}{% endif %}") == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ messages[0].role }}{{ messages[-1]['content'] }}", "systemHi"),
        ("{%- for m in messages %}{{ loop.index0 }}{{ m.content | trim }}{%- endfor %}", "0Be kind.1Hi"),
        ("{% for m in messages[1:] %}{{ m.content }}{% endfor %}", "Hi"),
        ("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}", "2"),
        ("{% for m in messages %}{% if loop.last %}{{ m.content.upper() }}{% endif %}{% endfor %}", "HI"),
        ("{{ 'abc'.replace('b', 'x') }}{{ 'abab' | replace('a', '', 1) }}", "axcbab"),
        ("{{ '-'.join(['a', 'b']) }}{{ ['a', 1] | join(', ') }}{{ ['a'] | join }}", "a-ba, 1a"),
        ("{{ 'a b'.split(' ') | length }}{{ 'x' ~ 1 ~ none }}", "2x1None"),
        ("{{ {'b': 1, 'a': [true, none, 'é']} | tojson }}", '{"b": 1, "a": [true, null, "é"]}'),
        ("{{ ['a'] | tojson(indent=2) }}", '[\n  "a"\n]'),
        ("{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f('a') }}{{ f('b') }}", "<a><b>"),
        ("{% set x %}a{{ 1 }}{% endset %}{{ x | string }}", "a1"),
        ("{% for i in range(5) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "012"),
        ("{% for i in range(3) %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "02"),
        ("{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}", "a1"),
        ("{% if tools is defined %}t{% endif %}{% if x is not none and x %}x{% endif %}", ""),
        ("{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first }}", "Hi"),
        ("{{ missing }}{{ 7 * 6 }}{{ 7 % 4 }}{{ 'a' if true else 'b' }}", "423a"),
        ("{{ self._TemplateReference__context }}{{ cycler }}", ""),
        ("{{ 'x'.encode is defined }}", "False"),
        ("{{ [1, 1].count(1) }}{{ namespace(a=1).a }}{{ messages.sort is defined }}", "21False"),
    ],
)  # fmt: skip
def test_what_common_templates_use_works(template: str, expected: str) -> None:
    check_chat_template(template)
    assert chat(template) == expected


def test_blocks_leave_no_line_ends_behind() -> None:
    assert chat("  {% if true %}\nyes\n  {% endif %}\n") == "yes\n"


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ 'x' * 10 ** 9 }}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% for a in messages recursive %}{{ loop(a) }}{% endfor %}",
        "{% call f() %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{{ 'a' | center(1000000000) }}",
        "{{ '%s' | format('x') }}",
        "{{ messages | random }}",
        "{{ messages | attr('append') }}",
        "{{ 'a' is nonsense }}",
        "{{ x",
        "{% for %}",
        "{{ " + "(" * 5000,
        "x" * 65_537,
        "{{x}}" * 12_000,
        "{{ " + "not " * 130 + "x }}",
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_syntax_outside_the_allow_list_is_refused(template: str) -> None:
    with pytest.raises(ReleaseError, match=r"chat template"):
        check_chat_template(template)


def sixty_times(start: str, step: str, rest: str = "") -> str:
    return f"{{% set ns = namespace(x={start}) %}}{{% for i in range(60) %}}{step}{{% endfor %}}{rest}"


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        ("{% macro a() %}{% for i in range(9999) %}x{% endfor %}{% endmacro %}"
        "{% for i in range(9999) %}{{ a() }}{% endfor %}"),
        sixty_times("'ab'", "{% set ns.x = ns.x ~ ns.x %}"),
        sixty_times("'ab'", "{% set ns.x = ns.x + ns.x %}"),
        sixty_times("['a']", "{% set ns.x = ns.x + ns.x %}"),
        sixty_times("'ab'", "{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}"),
        sixty_times("'ab'", "{% set ns.x = ns.x.replace('', ns.x) %}"),
        sixty_times("'ab'", "{% set ns.x = ns.x | replace('a', ns.x) %}"),
        sixty_times("'ab'", "{% set ns.x = ns.x.join([ns.x, ns.x]) %}"),
        sixty_times("['a']", "{% set ns.x = [ns.x, ns.x] %}", "{{ ns.x | tojson }}"),
        sixty_times("['a']", "{% set ns.x = [ns.x, ns.x] %}", "{{ ns.x }}"),
        sixty_times("3", "{% set ns.x = ns.x * ns.x %}"),
        "{% set x = 'y' * 1000000000 %}",
        "{% set x = [1] * 1000000000 %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a'.zfill(1000000000) }}",
        "{{ [1] | tojson(indent=1000000000) }}",
        "{{ messages | join('x') }}",
        "{% for i in range(100000) %}" + "x" * 60_000 + "{% endfor %}",
    ],
)  # fmt: skip
def test_a_template_cannot_cost_more_than_its_budget(template: str) -> None:
    with pytest.raises(ReleaseError):
        chat(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ messages[0].update({'role': 'x'}) }}",
        "{{ lipsum() }}",
        "{{ strftime_now('%d') }}",
        "{{ 1 / 0 }}",
        "{{ none + 1 }}",
        "{{ [][7].x }}",
        "{{ range('a') }}",
        "{{ 'a'.join(1, 2) }}",
        "{{ {}.x.y }}",
        "{{ messages | map('nonsense') | list }}",
        "{{ ['a'] | map('center', 1000000000) | list }}",
    ],
)
def test_a_template_that_fails_is_the_releases_error(template: str) -> None:
    with pytest.raises(ReleaseError, match="chat template"):
        chat(template)


def test_a_template_that_refuses_the_messages_is_the_requests_error() -> None:
    with pytest.raises(RequestError, match="roles must alternate"):
        chat("{{ raise_exception('roles must alternate') }}")
    with pytest.raises(RequestError):
        chat("{{ raise_exception() }}")


def test_messages_are_not_changed_by_rendering() -> None:
    before = [dict(message) for message in MESSAGES]
    chat(SMOLLM2_CHAT_TEMPLATE)
    assert before == MESSAGES


def test_slices_are_paid_for() -> None:
    template = "{% set ns = namespace(x=[]) %}{% for i in range(9999) %}{% set ns.x = ns.x + [big[1:]] %}{% endfor %}"
    with pytest.raises(ReleaseError, match="characters"):
        chat(template, big="x" * 1_000_000)


def test_the_sandbox_runs_nothing_without_a_budget() -> None:
    with pytest.raises(TypeError, match="budget"):
        SANDBOX.from_string("{{ 1 | tojson }}").render()


@given(st.text(alphabet="{}%| abimfornesgtx[]()'\"0.-\n~+*=,", max_size=60))
def test_any_text_renders_or_is_an_error_of_ours(text: str) -> None:
    try:
        chat(text)
    except (ReleaseError, RequestError):
        return
