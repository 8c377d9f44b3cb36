"""The release manifest: TOML in, canonical bytes and an id out (protocol clauses 1 and 7).

* A release is everything that shapes behaviour; its id is the SHA-256 of its canonical bytes.
* Unknown keys fail. Defaults are filled while reading TOML and stand in the manifest, so a
  later change of a default changes no release; canonical bytes hold every field.
* Every template in it is checked when it is read.
* An empty guard policy is refused, and there is no way to name one that allows everything
  (invariant 10).
* No secret: a remote model names its key, never the key itself.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from typing import Any

from verax.kernel import canonical
from verax.kernel.chat_template import chat_template_texts, check_chat_template
from verax.kernel.errors import CanonicalError, ReleaseError
from verax.kernel.fields import Fields
from verax.kernel.release_parts import (
    AUDIENCES,
    LABEL,
    Audience,
    GuardSpec,
    ModelSpec,
    PromptSpec,
    RetrievalSpec,
    SamplingSpec,
    ToolsSpec,
    TruthSpec,
)
from verax.kernel.template import check_template, renderings

__all__ = ["MAX_RELEASE_BYTES", "ReadyPolicies", "Release", "ReleaseText", "ban_sources", "ban_texts", "release_texts"]

MAX_RELEASE_BYTES = 524_288

ReadyPolicies = Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]
"""Guard policies that a manifest may include by name: for each the rules of ``input`` and ``output``."""

_NO_POLICIES: ReadyPolicies = {}


@dataclass(frozen=True, slots=True)
class Release:
    """An immutable bundle of everything that shapes behaviour.

    Attributes:
        name: Label for people; says nothing about identity.
        audience: Who it may talk to.
        data: Canonical bytes of the whole manifest.
        id: SHA-256 of `data`, 64 hex digits.
    """

    name: str
    audience: Audience
    model: ModelSpec
    prompt: PromptSpec
    sampling: SamplingSpec
    tools: ToolsSpec
    retrieval: RetrievalSpec
    truth: TruthSpec
    guard: GuardSpec
    data: bytes = field(repr=False)
    id: str

    @classmethod
    def from_toml(cls, text: str, policies: ReadyPolicies = _NO_POLICIES) -> Release:
        """Read a manifest that people wrote; fields with a default may be left out.

        Args:
            policies: What ``include`` in ``[guard]`` may name. The rules that it names go into the
                release, one by one: the release holds them, and not the name.

        Raises:
            ReleaseError: not TOML, an unknown or missing field, or a value out of its limits.
        """
        if len(text) > MAX_RELEASE_BYTES:
            raise ReleaseError(f"release: expected at most {MAX_RELEASE_BYTES} bytes")
        try:
            manifest = tomllib.loads(text)
        except RecursionError:
            raise ReleaseError("release: not TOML: nested too deeply") from None
        except ValueError as error:  # TOMLDecodeError, and integers of thousands of digits
            raise ReleaseError(f"release: not TOML: {error}") from None
        return _read(_with_policy(manifest, policies))

    @classmethod
    def from_manifest(cls, manifest: Mapping[str, Any], policies: ReadyPolicies = _NO_POLICIES) -> Release:
        """Read a manifest from plain objects; fields with a default may be left out.

        Args:
            policies: As for `from_toml`.

        Raises:
            ReleaseError: an unknown or missing field, or a value out of its limits.
        """
        return _read(_with_policy(manifest, policies))

    @classmethod
    def from_bytes(cls, data: bytes) -> Release:
        """Read canonical bytes; every field must be present.

        Raises:
            ReleaseError: not canonical, incomplete, or not what `from_toml` would make of it.
        """
        if len(data) > MAX_RELEASE_BYTES:
            raise ReleaseError(f"release: expected at most {MAX_RELEASE_BYTES} bytes, found {len(data)}")
        try:
            manifest = canonical.decode(data)
        except CanonicalError as error:
            raise ReleaseError(f"release: {error.message}") from None
        release = _read(manifest)
        if release.data != data:
            raise ReleaseError("release: canonical bytes hold every field, and one is missing here")
        return release

    @property
    def manifest(self) -> dict[str, Any]:
        """The whole manifest as plain objects, a fresh copy each time."""
        manifest: dict[str, Any] = canonical.decode(self.data)
        return manifest

    @property
    def short_id(self) -> str:
        """The id as people read it, ``r-`` and 8 hex digits; identifies nothing."""
        return f"r-{self.id[:8]}"


@dataclass(frozen=True, slots=True)
class ReleaseText:
    """A text of a release and where it stands, ``prompt.system`` for instance."""

    path: str
    text: str


def release_texts(release: Release) -> tuple[ReleaseText, ...]:
    """Return every text of a release that can carry wording, as written, in a fixed order."""
    prompt, tools = release.prompt, release.tools
    texts = [
        ReleaseText("prompt.system", prompt.system),
        ReleaseText("prompt.separator", prompt.separator),
        ReleaseText("prompt.app_head", prompt.app_head),
        ReleaseText("prompt.app_tail", prompt.app_tail),
    ]
    for name, spec in prompt.variables.items():
        texts += [ReleaseText(f"prompt.variables.{name}.choices[{i}]", text) for i, text in enumerate(spec.choices)]
    for name in ("head", "tail", "call_head", "call_tail", "result_head", "result_tail"):
        texts.append(ReleaseText(f"tools.{name}", getattr(tools, name)))
    if prompt.files is not None:
        names = [item.name for item in fields_of(prompt.files)]
        texts += [ReleaseText(f"prompt.files.{name}", getattr(prompt.files, name)) for name in names]
    if release.retrieval.passages is not None:
        wording = release.retrieval.passages.texts
        texts += [ReleaseText(f"retrieval.passages.{name}", text) for name, text in wording.items()]
    texts.append(ReleaseText("truth.not_found", release.truth.not_found))
    texts += [ReleaseText(f"prompt.examples[{i}].text", item.text) for i, item in enumerate(prompt.examples)]
    texts.append(ReleaseText("model.chat_template", release.model.chat_template))
    return tuple(item for item in texts if item.text)


def ban_texts(release: Release) -> tuple[str, ...]:
    """Return the joined wording of a release, once for each way through its template (clause 8).

    All texts stand in one string in the order of `release_texts`, so that a sentence spread
    over several of them is still whole. Of the chat template only its literals count.
    """
    tail = "".join(_texts_beside_system(release))
    return tuple(text + tail for text in renderings(release.prompt.system, release.prompt.variables))


def ban_sources(release: Release) -> tuple[str, ...]:
    """Return the texts whose sentences a rollback bans: the joined wording, and each text for itself.

    A sentence at the end of a text runs on into the next one where they are joined; banned only
    with it, it could come back in another place.
    """
    alone = _texts_beside_system(release)
    return (*ban_texts(release), *renderings(release.prompt.system, release.prompt.variables), *alone)


def _texts_beside_system(release: Release) -> list[str]:
    rest: list[str] = []
    for item in release_texts(release):
        if item.path == "model.chat_template":
            rest += chat_template_texts(item.text)
        elif item.path != "prompt.system":
            rest.append(item.text)
    return rest


def _with_policy(manifest: Mapping[str, Any], policies: ReadyPolicies) -> Mapping[str, Any]:
    """Return `manifest` with the rules of the policy that it includes; its own rules take their places."""
    guard = manifest.get("guard")
    if not isinstance(guard, Mapping) or "include" not in guard:
        return manifest
    name = guard["include"]
    if not isinstance(name, str) or name not in policies:
        known = ", ".join(policies) or "none here"
        raise ReleaseError("release, guard: field 'include': no such ready-made policy", hint=f"known: {known}")
    rest = {key: value for key, value in guard.items() if key != "include"}
    sides = {side: _with_rules(policies[name][side], rest.get(side, [])) for side in ("input", "output")}
    return {**manifest, "guard": {**rest, **sides}}


def _with_rules(ready: Sequence[Mapping[str, Any]], own: object) -> object:
    """Return `ready` with own rules in the places of those about the same, and the others behind them."""
    if not isinstance(own, list) or not all(isinstance(rule, Mapping) for rule in own):
        return own  # its reader says what is wrong with it
    mine = {rule["detector"]: rule for rule in own if isinstance(rule.get("detector"), str)}
    names = {rule["detector"] for rule in ready}
    replaced = [mine.get(rule["detector"], rule) for rule in ready]
    return [dict(rule) for rule in [*replaced, *(rule for rule in own if rule.get("detector") not in names)]]


def _read(manifest: object) -> Release:
    fields = Fields(manifest, "release", ReleaseError)
    fields.integer("v", 1, 1)
    views = (
        fields.text("name", pattern=LABEL),
        fields.choice("audience", AUDIENCES),
        ModelSpec.read(fields.section("model")),
        PromptSpec.read(fields.section("prompt")),
        SamplingSpec.read(fields.section("sampling", optional=True)),
        ToolsSpec.read(fields.section("tools", optional=True)),
        RetrievalSpec.read(fields.section("retrieval", optional=True)),
        TruthSpec.read(fields.section("truth", optional=True)),
        GuardSpec.read(fields.section("guard")),
    )
    fields.close()
    try:
        data = canonical.encode(fields.filled)
    except CanonicalError as error:
        raise ReleaseError(f"release: {error.message}") from None
    if len(data) > MAX_RELEASE_BYTES:
        raise ReleaseError(f"release: expected at most {MAX_RELEASE_BYTES} bytes, found {len(data)}")
    release = Release(*views, data, canonical.hex_digest(data))
    check_template(release.prompt.system, release.prompt.variables)
    if release.model.chat_template:
        check_chat_template(release.model.chat_template)
    return release
