"""Release manifests: strict reading, stable ids, no loophole in the guard (clauses 1, 7, invariant 10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, ReleaseError
from verax.kernel.release import MAX_RELEASE_BYTES, Release, ban_texts, release_texts
from verax.testing.releases import SMOLLM2_CHAT_TEMPLATE, make_release, manifest_toml

REMOTE = 'backend = "remote"\nname = "big-model"\nurl = "http://localhost:11434/v1"\ncontext_tokens = 8192'
SCRIPTED = 'backend = "scripted"\nname = "script"\ncontext_tokens = 4096'
EMBEDDED = make_release("You are kind.", embedded=True)

FULL = """
v = 1
name = "assistant"
audience = "13+"
[model]
backend = "embedded"
name = "smollm2-135m"
weights = "{}"
seal = "checked"
context_tokens = 2048
chat_template = "{{{{ messages[0].content }}}}"
special_tokens = ["<|a|>"]
bos_token = "<s>"
eos_token = "</s>"
quantisation = "Q4_1"
cache = "q8_0"
deterministic = true
adapters = [{{ kind = "lora", weights = "{}", scale = "0.5" }}]
[prompt]
system = "Today is {{{{ today }}}}."
separator = " "
app_head = "The app says:"
app_tail = "End of app."
examples = [{{ role = "user", text = "2+2?" }}, {{ role = "assistant", text = "4" }}]
[prompt.variables]
today = {{ type = "date", source = "clock" }}
tone = {{ type = "enum", source = "config", choices = ["warm", "plain"] }}
[sampling]
temperature = "0"
top_p = "0.9"
top_k = 40
repeat_penalty = "1.1"
presence_penalty = "-0.5"
frequency_penalty = "0.25"
max_tokens = 64
allow = ["temperature", "seed"]
[tools]
style = "schema"
head = "Tools:"
tail = "."
call_head = "<call>"
call_tail = "</call>"
result_head = "<result>"
result_tail = "</result>"
[retrieval]
collections = ["handbook"]
[truth]
mode = "mark"
[guard]
input = [{{ detector = "hidden_text", action = "refuse" }}]
output = [{{ detector = "secrets", action = "rewrite" }}, {{ detector = "hidden_text", action = "mark" }}]
""".format("ab" * 32, "cd" * 32)


def test_a_full_manifest_reads_into_typed_views() -> None:
    release = Release.from_toml(FULL)
    assert (release.name, release.audience, release.model.seal) == ("assistant", "13+", "checked")
    assert release.model.adapters[0].scale == 0.5
    assert release.model.deterministic and release.model.bos_token == "<s>"
    assert release.prompt.variables["tone"].choices == ("warm", "plain")
    assert [example.role for example in release.prompt.examples] == ["user", "assistant"]
    assert (release.sampling.temperature, release.sampling.presence_penalty) == (0.0, -0.5)
    assert release.sampling.allow == {"temperature", "seed"}
    assert (release.tools.style, release.tools.result_tail) == ("schema", "</result>")
    assert release.retrieval.collections == ("handbook",)
    assert release.truth.mode == "mark"
    assert [rule.action for rule in release.guard.output] == ["rewrite", "mark"]


def test_the_id_is_the_digest_of_the_canonical_bytes() -> None:
    release = make_release("You are kind.")
    assert release.id == canonical.hex_digest(release.data)
    assert release.short_id == f"r-{release.id[:8]}"
    assert canonical.encode(release.manifest) == release.data


@pytest.mark.parametrize("release", [make_release("x"), EMBEDDED, Release.from_toml(FULL)])
def test_canonical_bytes_read_back_as_the_same_release(release: Release) -> None:
    assert Release.from_bytes(release.data) == release


def test_defaults_stand_in_the_manifest_so_that_they_never_change_under_it() -> None:
    manifest = make_release("x").manifest
    assert manifest["sampling"]["temperature"] == "0.7"
    assert manifest["prompt"]["separator"] == "\n\n"
    assert manifest["truth"]["mode"] == "off"


def test_canonical_bytes_with_a_field_left_to_its_default_are_refused() -> None:
    manifest = make_release("x").manifest
    del manifest["sampling"]["top_p"]
    with pytest.raises(ReleaseError, match="every field"):
        Release.from_bytes(canonical.encode(manifest))


@pytest.mark.parametrize(
    ("release", "known"),
    [
        (make_release("You answer briefly."), "e8957b2682a84675f1a86aff7a4722cf0f5b46854ca1a2941d741b2f21e6d947"),
        (
            make_release("You answer briefly.", embedded=True),
            "8cb69873623d5edcf9e5032f721b695e2f43ee8f5160eaa9d2bc2bfa6a42aad5",
        ),
        (
            Release.from_toml(
                manifest_toml(
                    "You answer.",
                    model='backend = "remote"\nname = "big"\ncontext_tokens = 32768\nurl = "https://models.example/v1"',
                )
            ),
            "1473c33692a0aaf813a8cc8786b0bfb528a180de928a0b9ddb736b0cd8486757",
        ),
    ],
)
def test_releases_from_before_files_and_pictures_keep_their_ids(release: Release, known: str) -> None:
    assert release.id == known
    assert release.prompt.files is None
    assert release.model.sees == ()
    assert "files" not in release.manifest["prompt"]
    assert "sees" not in release.manifest["model"]


PASSAGES = """
[retrieval.passages]
limit = 3
head = "Passages:"
item_head = "From "
item_body = ": "
item_tail = "."
tail = "End."
"""
PINNED = 'collections = ["handbook"]\npins = [{ collection = "handbook", version = "' + "ab" * 32 + '" }]'


def test_a_release_that_says_nothing_of_passages_and_pins_holds_no_field_of_them() -> None:
    release = make_release("You answer briefly.")
    assert release.retrieval.passages is None
    assert set(release.manifest["retrieval"]) == {"collections"}
    assert set(release.manifest["truth"]) == {"mode"}


def test_a_release_that_shows_passages_says_how_and_from_which_version() -> None:
    rest = f'[retrieval]\n{PINNED}\n{PASSAGES}\n[truth]\nmode = "strict"\nnot_found = "I found nothing."'
    release = Release.from_toml(manifest_toml("x", rest=rest))
    assert Release.from_bytes(release.data) == release
    assert release.retrieval.versions == {"handbook": "ab" * 32}
    assert release.retrieval.passages is not None
    assert release.manifest["retrieval"]["passages"]["page_head"] == ""
    texts = {item.path: item.text for item in release_texts(release)}
    assert texts["retrieval.passages.item_head"] == "From "
    assert texts["truth.not_found"] == "I found nothing."


def test_a_release_says_how_many_replies_the_model_is_asked_for_and_whether_the_web_is_searched() -> None:
    rest = f'[retrieval]\nweb = {{ pages = 3 }}\n{PASSAGES}\n[truth]\nmode = "mark"\ndrafts = 4'
    release = Release.from_toml(manifest_toml("x", rest=rest))
    assert Release.from_bytes(release.data) == release
    assert (release.truth.drafts, release.truth.samples, release.truth.replies) == (4, 0, 4)
    assert release.retrieval.web is not None
    assert release.retrieval.web.pages == 3
    sampling = Release.from_toml(manifest_toml("x", rest='[truth]\nmode = "mark"\nsamples = 3'))
    assert sampling.truth.replies == 4


@pytest.mark.parametrize(
    "rest",
    [
        f"[retrieval]\n{PASSAGES}",
        "[retrieval]\n" + PINNED.replace('["handbook"]', '["other"]'),
        '[retrieval]\ncollections = ["handbook"]\npins = []',
        '[retrieval]\ncollections = ["handbook"]\npins = [{ collection = "handbook", version = "1" }]',
        f'[retrieval]\ncollections = ["handbook"]\n{PASSAGES.replace("limit = 3", "limit = 0")}',
        f'[retrieval]\ncollections = ["handbook"]\n{PASSAGES}foot = "x"',
        '[truth]\nmode = "strict"\nnot_found = " "',
        '[truth]\nmode = "mark"\ndrafts = 1',
        '[truth]\nmode = "mark"\ndrafts = 9',
        '[truth]\nmode = "mark"\nsamples = 8',
        '[truth]\nmode = "mark"\ndrafts = 2\nsamples = 2',
        '[truth]\nmode = "off"\ndrafts = 2',
        "[retrieval]\nweb = {}",
        "[retrieval]\nweb = { pages = 9 }",
    ],
)
def test_passages_pins_and_what_is_not_found_are_declared_whole_or_not_at_all(rest: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", rest=rest))


def test_a_release_that_takes_files_and_pictures_says_so_in_its_manifest() -> None:
    files = '[prompt.files]\nhead = "File "\nbody = ":"\ntail = "End."\nimage_head = "Picture "'
    release = Release.from_toml(manifest_toml("x", model=f'{REMOTE}\nsees = ["image"]', prompt=files))
    assert release.model.sees == ("image",)
    assert release.prompt.files is not None
    assert (release.prompt.files.head, release.prompt.files.page_head) == ("File ", "")
    assert release.manifest["prompt"]["files"]["page_tail"] == ""
    assert Release.from_bytes(release.data) == release
    assert [item.text for item in release_texts(release) if item.path.startswith("prompt.files")] == [
        "File ",
        ":",
        "End.",
        "Picture ",
    ]
    assert any("Picture " in text for text in ban_texts(release))


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        (f"{REMOTE}\nsees = []", ""),
        (f'{REMOTE}\nsees = ["sound"]', ""),
        (f'{REMOTE}\nsees = ["image", "image"]', ""),
        (f'{REMOTE}\nsees = "image"', ""),
        (f'{SCRIPTED}\nsees = ["image"]', ""),
        (SCRIPTED, '[prompt.files]\nhead = "File "\nbody = ":"'),
        (SCRIPTED, '[prompt.files]\nhead = "File "\nbody = ":"\ntail = "."\nfoot = "x"'),
    ],
)
def test_files_and_pictures_are_declared_whole_or_not_at_all(model: str, prompt: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", model=model, prompt=prompt))


def test_the_order_of_toml_and_its_comments_do_not_matter() -> None:
    one = Release.from_toml(manifest_toml("x", rest='[truth]\nmode = "off"\n[tools]\nstyle = "none"'))
    other = Release.from_toml(manifest_toml("x", rest='# nothing\n[tools]\nstyle = "none"\n[truth]\nmode = "off"'))
    assert one == other == make_release("x")


def test_one_letter_of_the_prompt_makes_another_release() -> None:
    assert make_release("You are kind.").id != make_release("You are kind!").id


@pytest.mark.parametrize(
    "guard",
    [
        "[guard]\ninput = []\noutput = []",
        '[guard]\ninput = [{ detector = "secrets", action = "refuse" }]\noutput = []',
        '[guard]\ninput = []\noutput = [{ detector = "secrets", action = "refuse" }]',
        '[guard]\ninput = [{ detector = "none", action = "allow" }]\noutput = [{ detector = "a", action = "mark" }]',
        '[guard]\ninput = [{ detector = "none", action = "mark" }]\noutput = [{ detector = "none", action = "mark" }]',
        '[guard]\ninput = [{ detector = "a", action = "allow" }]\noutput = [{ detector = "a", action = "allow" }]',
        '[guard]\ninput = [{ detector = "a", action = "mark" }]',
        (
            '[guard]\ninput = [{ detector = "a", action = "mark" }, { detector = "a", action = "mark" }]\n'
            'output = [{ detector = "a", action = "mark" }]'
        ),
        '[guard]\ninput = [{ detector = "a", action = "mark", x = 1 }]\noutput = [{ detector = "a", action = "mark" }]',
        "",
    ],
)
def test_a_guard_policy_that_allows_everything_is_refused(guard: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", guard=guard))


@pytest.mark.parametrize(
    "rest",
    [
        "[surprise]\nx = 1",
        "[sampling]\nheat = 1",
        "[sampling]\ntemperature = 0.7",
        '[sampling]\ntemperature = "2.1"',
        '[sampling]\ntop_p = "0"',
        "[sampling]\nmax_tokens = 0",
        '[sampling]\nallow = ["weights"]',
        '[sampling]\nallow = ["seed", "seed"]',
        '[tools]\nstyle = "magic"',
        '[truth]\nmode = "sometimes"',
        "[truth]\nmode = 2026-11-23",
        '[retrieval]\ncollections = ["a b"]',
        '[tools]\nstyle = ["none"]',
        "x = nonsense",
        "[[truth]]",
    ],
)
def test_unknown_fields_and_values_out_of_their_limits_fail(rest: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", rest=rest))


@pytest.mark.parametrize(
    "model",
    [
        REMOTE.replace("remote", "magic"),
        REMOTE + '\nkey = "sk-secret"',
        REMOTE.replace("http:", "file:"),
        REMOTE.replace("localhost", "user:secret@localhost"),
        REMOTE.replace("/v1", "/v1?key=secret"),
        REMOTE + '\nchat_template = "x"',
        REMOTE + '\nseal = "sealed"',
        REMOTE + '\nweights = "deadbeef"',
        REMOTE + '\nkey_name = "a key"',
        SCRIPTED + '\nurl = "http://localhost"',
        SCRIPTED.replace("4096", "1"),
        SCRIPTED.replace("scripted", "embedded"),
        SCRIPTED + '\nspecial_tokens = ["<"]',
        SCRIPTED + '\nspecial_tokens = ["<\u200b>"]',
        SCRIPTED + '\nspecial_tokens = ["a b"]',
        SCRIPTED + '\nadapters = [{ kind = "magic" }]',
        SCRIPTED + '\nchat_template = "{{ 2 ** 99 }}"',
    ],
)
def test_a_model_section_holds_what_its_backend_needs_and_nothing_else(model: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x", model=model))


def test_a_remote_model_names_its_key_and_has_unknown_weights() -> None:
    release = Release.from_toml(manifest_toml("x", model=REMOTE + '\nkey_name = "main"'))
    assert (release.model.key_name, release.model.weights, release.model.seal) == ("main", "unknown", None)


@pytest.mark.parametrize(
    ("system", "prompt"),
    [
        ("{{ today }}", ""),
        ("{{ x.y }}", ""),
        ("x", '[prompt.variables]\nx = { type = "text", source = "config" }'),
        ("x", '[prompt.variables]\nX = { type = "text", source = "user" }'),
        ("x", '[prompt.variables]\nx = { type = "text", source = "user", choices = ["a"] }'),
        ("x", '[prompt.variables]\nx = { type = "enum", source = "user" }'),
        ("x", 'examples = [{ role = "system", text = "x" }]'),
        ("x", 'examples = [{ role = "user" }]'),
        ("x", "variables = 7"),
    ],
)
def test_templates_variables_and_examples_are_checked_when_a_release_is_read(system: str, prompt: str) -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml(system, prompt=prompt))


def test_a_manifest_of_another_version_or_audience_is_refused() -> None:
    text = manifest_toml("x")
    for broken in (text.replace("v = 1", "v = 2"), text.replace("adult", "anyone"), text.replace('"test"', '"a b"')):
        with pytest.raises(ReleaseError):
            Release.from_toml(broken)


def test_size_is_bounded_on_every_way_in() -> None:
    long = json.dumps("x" * MAX_RELEASE_BYTES)
    with pytest.raises(ReleaseError, match="at most"):
        Release.from_toml(f"v = {long}")
    with pytest.raises(ReleaseError, match="at most"):
        Release.from_bytes(long.encode())
    examples = "[" + ",".join([f'{{ role = "user", text = "{"é" * 2000}" }}'] * 200) + "]"
    with pytest.raises(ReleaseError, match="at most"):
        Release.from_toml(manifest_toml("x", prompt=f"examples = {examples}"))


@given(st.data())
def test_mutated_toml_is_a_release_or_a_release_error(data: st.DataObject) -> None:
    text = list(FULL)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place] = data.draw(st.sampled_from("\"'[]{}=#,.\n0a%\\\x00\ud800é"))
    try:
        release = Release.from_toml("".join(text))
    except ReleaseError:
        return
    assert Release.from_bytes(release.data) == release


def test_deep_or_wide_toml_is_a_release_error() -> None:
    with pytest.raises(ReleaseError):
        Release.from_toml("v = " + "9" * 5000)
    with pytest.raises(ReleaseError):
        Release.from_toml("x = " + "[" * 100_000)
    with pytest.raises(ReleaseError):
        Release.from_toml(manifest_toml("x").replace("v = 1", "v = 99999999999999999999"))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b'{"v":1.0}', b"\xff", b'{"v": 1}'])
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(ReleaseError):
        Release.from_bytes(data)


@given(st.data())
def test_a_mutated_manifest_is_another_release_or_an_error(data: st.DataObject) -> None:
    original = bytearray(EMBEDDED.data)
    position = data.draw(st.integers(0, len(original) - 1))
    original[position] = data.draw(st.integers(0, 255))
    try:
        release = Release.from_bytes(bytes(original))
    except ReleaseError:
        return
    assert (release.id == EMBEDDED.id) == (release.data == EMBEDDED.data)


def test_every_wording_of_a_release_is_among_its_texts() -> None:
    texts = {item.path: item.text for item in release_texts(Release.from_toml(FULL))}
    for wording in ("Today is {{ today }}.", " ", "The app says:", "End of app.", "warm", "2+2?", "4", "Tools:",
                    "<call>", "</result>", "{{ messages[0].content }}"):  # fmt: skip
        assert wording in texts.values()
    assert texts["prompt.variables.tone.choices[1]"] == "plain"
    assert "prompt.system" in texts and "model.chat_template" in texts


def test_a_chat_template_carries_wording_and_bans_see_it() -> None:
    texts = [item.text for item in release_texts(EMBEDDED)]
    assert SMOLLM2_CHAT_TEMPLATE in texts
    assert all("You are a helpful AI assistant named SmolLM" in text for text in ban_texts(EMBEDDED))


def test_ban_texts_join_what_is_spread_over_fields_and_branches() -> None:
    prompt = (
        'separator = " the user"\napp_head = " is wrong"\n[prompt.variables]\nx = { type = "flag", source = "app" }'
    )
    release = Release.from_toml(manifest_toml("Say{% if x %} that{% endif %}", prompt=prompt))
    assert set(ban_texts(release)) == {"Say that the user is wrong", "Say the user is wrong"}


def _any_value() -> st.SearchStrategy[Any]:
    return st.recursive(st.integers() | st.booleans() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3))


@given(st.sampled_from(["v", "name", "audience", "model", "prompt", "sampling", "guard", "truth"]), _any_value())
def test_a_field_of_any_other_type_is_a_release_error(field: str, value: Any) -> None:
    manifest = EMBEDDED.manifest
    if manifest[field] == value:
        return
    manifest[field] = value
    try:
        data = canonical.encode(manifest)
    except CanonicalError:
        return
    if field != "name":
        with pytest.raises(ReleaseError):
            Release.from_bytes(data)


def test_a_manifest_as_plain_objects_reads_like_its_toml() -> None:
    assert Release.from_manifest(EMBEDDED.manifest) == EMBEDDED


def test_text_that_has_no_utf8_form_is_a_release_error() -> None:
    manifest = EMBEDDED.manifest
    manifest["prompt"]["separator"] = "\ud800"
    with pytest.raises(ReleaseError, match="lone surrogate"):
        Release.from_manifest(manifest)
