"""A release written as TOML reads back as the same release, whatever its texts hold."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.errors import ReleaseError
from verax.kernel.release import MAX_RELEASE_BYTES, Release
from verax.kernel.release_toml import release_toml, write_value
from verax.testing.releases import make_release

NASTY = [
    "",
    "\n",
    "\n\n",
    "one\ntwo",
    "\none\ntwo\n",
    "one\r\ntwo\rthree",
    'a "quoted"\nword"',
    'three """ of\nthem """',
    'four """"\n""""',
    "literal ''' quotes \\ and\nlines'",
    "a back\\slash\nand another\\",
    "tab\there\nand\tthere",
    "zero\u200bwidth\nbidi\u202e\u2028\u0085\ufeff\u00a0",
    "\x00\x1b[31m\x7f\nred",
    "astral \U0001f600 \U000e0041\nend",
    "ends with a space \nand \\",
]
LABELS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,20}", fullmatch=True)
TEXTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text("\"'\\\n\r\t a\u200b", max_size=30),
)
PLAIN = TEXTS.map(lambda text: text.replace("{", "(").replace("}", ")"))
DECIMALS = st.integers(0, 20).map(lambda tenths: f"{tenths / 10}")
ACTIONS = st.sampled_from(["mark", "rewrite", "refuse"])
VARIABLES = st.dictionaries(
    st.sampled_from(["today", "tone", "count"]),
    st.one_of(
        st.just({"type": "date", "source": "clock"}),
        st.lists(TEXTS.filter(bool), min_size=1, max_size=3, unique=True).map(
            lambda choices: {"type": "enum", "source": "config", "choices": choices}
        ),
    ),
    max_size=3,
)


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["embedded", "remote", "scripted"]))
    model: dict[str, Any] = {"backend": kind, "name": draw(LABELS), "context_tokens": draw(st.integers(128, 99_999))}
    if kind == "remote":
        return model | {"url": "http://localhost:9/v1", "key_name": draw(st.sampled_from(["", "cloud"]))}
    tokens = st.from_regex(r"[^\s\u200b]{2,20}", fullmatch=True)
    return model | {
        "weights": "ab" * 32,
        "chat_template": draw(PLAIN) + "{{ messages[0]['content'] }}" + draw(PLAIN),
        "special_tokens": draw(st.lists(tokens, max_size=8, unique=True)),
        "adapters": draw(st.lists(st.just({"kind": "lora", "weights": "cd" * 32, "scale": "0.5"}), max_size=2)),
        "deterministic": draw(st.booleans()),
    }


@st.composite
def retrievals(draw: st.DrawFn) -> dict[str, Any]:
    collections = draw(st.lists(LABELS, max_size=3, unique=True))
    found: dict[str, Any] = {"collections": collections}
    if collections and draw(st.booleans()):
        names = ("head", "item_head", "item_body", "item_tail", "tail", "page_head", "page_tail")
        found["passages"] = {"limit": draw(st.integers(1, 50)), **{name: draw(TEXTS) for name in names}}
        found["pins"] = [{"collection": collections[0], "version": "ef" * 32}]
    return found


@st.composite
def manifests(draw: st.DrawFn) -> dict[str, Any]:
    example = st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "text": TEXTS})
    rules = st.lists(
        st.fixed_dictionaries({"detector": st.sampled_from(["secrets", "hidden_text", "other"]), "action": ACTIONS}),
        min_size=1,
        max_size=3,
        unique_by=lambda rule: rule["detector"],
    )
    return {
        "v": 1,
        "name": draw(LABELS),
        "audience": draw(st.sampled_from(["adult", "13+"])),
        "model": draw(models()),
        "prompt": {
            "system": draw(PLAIN),
            "separator": draw(TEXTS),
            "app_head": draw(TEXTS),
            "examples": draw(st.lists(example, max_size=3)),
            "variables": draw(VARIABLES),
        },
        "sampling": {"temperature": draw(DECIMALS), "allow": draw(st.sampled_from([[], ["seed", "stop"]]))},
        "tools": {"style": draw(st.sampled_from(["none", "schema"])), "head": draw(TEXTS), "result_tail": draw(TEXTS)},
        "retrieval": draw(retrievals()),
        "truth": draw(st.sampled_from([{"mode": "off"}, {"mode": "strict", "not_found": "Nothing\nwas found."}])),
        "guard": {"input": draw(rules), "output": draw(rules)},
    }


@given(manifests())
def test_every_release_reads_back_with_the_same_id(manifest: dict[str, Any]) -> None:
    release = Release.from_manifest(manifest)
    assert Release.from_toml(release_toml(release)).id == release.id


@pytest.mark.parametrize("text", NASTY)
def test_a_text_reads_back_to_the_character(text: str) -> None:
    written = write_value({"text": text, "again": [text, {"inner": text}]})
    assert tomllib.loads(f"value = {written}")["value"] == {"text": text, "again": [text, {"inner": text}]}


def test_text_of_several_lines_is_written_in_several_lines() -> None:
    text = release_toml(make_release('You are kind.\nYou say "no" where it is due.'))
    assert 'system = """\nYou are kind.\nYou say "no" where it is due."""\n' in text
    assert 'separator = "\\n\\n"\n' in text


def test_a_chat_template_keeps_its_backslashes_as_they_are() -> None:
    written = write_value("{{ '\\n' }}\n{{ 'x' }}.")
    assert written == "'''\n{{ '\\n' }}\n{{ 'x' }}.'''"


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e", "\u00a0", "\x1b", "\ufeff", "\U000e0041"])
def test_what_cannot_be_seen_is_written_so_that_it_is_seen(hidden: str) -> None:
    for text in (f"a{hidden}b", f"a{hidden}b\nc\\d"):
        written = write_value(text)
        assert hidden not in written
        assert f"{ord(hidden):04X}" in written


def test_every_field_stands_in_it() -> None:
    release = make_release("x")
    written = tomllib.loads(release_toml(release))
    assert written == release.manifest


def test_a_release_whose_toml_is_beyond_the_limit_is_refused() -> None:
    hidden = "\u200b" * 87_000  # three bytes each in the manifest, six characters each in TOML
    release = Release.from_manifest(make_release("x").manifest | {"tools": {"head": hidden, "tail": "y" * 100_000}})
    assert len(release.data) < MAX_RELEASE_BYTES
    with pytest.raises(ReleaseError, match="at most"):
        release_toml(release)
