"""The sections of a release manifest: what each may hold, and its typed view.

Each view has a `read` that takes its section strictly, with the defaults that a TOML
manifest may leave out. Decimals are strings in the manifest (clause 1) and floats here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from verax.kernel.fields import Fields
from verax.kernel.template import VariableSource, VariableSpec, VariableType

__all__ = [
    "AUDIENCES",
    "Adapter",
    "Audience",
    "Example",
    "FileWording",
    "GuardForm",
    "GuardJudge",
    "GuardRule",
    "GuardSpec",
    "ModelSpec",
    "PassageWording",
    "Pin",
    "PromptSpec",
    "RetrievalSpec",
    "SamplingSpec",
    "ToolsSpec",
    "TruthSpec",
    "WebSpec",
]

Audience = Literal["adult", "13+", "8-12", "5-7", "2-4"]
BackendKind = Literal["embedded", "remote", "scripted", "engine"]
Seal = Literal["sealed", "checked"]
ToolStyle = Literal["none", "native", "schema"]
TruthMode = Literal["off", "mark", "strict"]
GuardForm = Literal["moderation", "llama-guard", "granite-guardian"]
GuardAction = Literal["allow", "mark", "alert", "rewrite", "refuse", "crisis"]
Sight = Literal["image"]
AdapterKind = Literal["lora", "control"]
ExampleRole = Literal["user", "assistant"]

MAX_PASSAGES = 50
MAX_WEB_PAGES = 8
MAX_REPLIES = 8
"""Replies of one call of a model: as many as callers may ask for."""
AUDIENCES: tuple[Audience, ...] = get_args(Audience)
_BACKENDS: tuple[BackendKind, ...] = get_args(BackendKind)
_SEALS: tuple[Seal, ...] = get_args(Seal)
_TOOL_STYLES: tuple[ToolStyle, ...] = get_args(ToolStyle)
_TRUTH_MODES: tuple[TruthMode, ...] = get_args(TruthMode)
_GUARD_ACTIONS: tuple[GuardAction, ...] = get_args(GuardAction)
_GUARD_FORMS: tuple[GuardForm, ...] = get_args(GuardForm)
_SIGHTS: tuple[Sight, ...] = get_args(Sight)
_ADAPTER_KINDS: tuple[AdapterKind, ...] = get_args(AdapterKind)
_EXAMPLE_ROLES: tuple[ExampleRole, ...] = get_args(ExampleRole)
_VARIABLE_TYPES: tuple[VariableType, ...] = get_args(VariableType)
_VARIABLE_SOURCES: tuple[VariableSource, ...] = get_args(VariableSource)

LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}\Z")
_OPTIONAL_LABEL = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127})?\Z")
_DETECTOR = re.compile(r"(?!none\Z)[a-z][a-z0-9_]{0,63}\Z")
# No user, query or fragment: a secret could stand there.
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,253}(?:/[A-Za-z0-9._~/%-]{0,1000})?\Z")
_VARIABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_SPECIAL_TOKEN = re.compile(r"[^\s\u200b]{2,64}\Z")
_MARKER = re.compile(r"[^\u200b]{0,64}\Z")
_SOMETHING = re.compile(r"\s*\S")
_CALLER_MAY_SET = frozenset(
    {"temperature", "top_p", "presence_penalty", "frequency_penalty", "max_tokens", "seed", "stop", "n", "logprobs"}
)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA or control vector laid over the weights."""

    kind: AdapterKind
    weights: str
    scale: float


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Which model answers, and how its weights are run.

    Attributes:
        url: Base address of a remote server, empty for the others.
        key_name: Name under which the installation keeps the remote server's key; never the key.
        weights: SHA-256 of the weights file, or ``unknown``; of an ``engine``, a closed library that
            answers without a model, the digest of what it can say.
        seal: ``sealed`` weights run from a private copy; ``checked`` ones are hashed in place.
        context_tokens: Longest prompt plus reply.
        chat_template: The model's own template; empty where a server applies its own.
        special_tokens: Texts that only the release may form in a prompt.
        quantisation: Label of the weights' number format.
        cache: Label of the number format of the attention cache.
        deterministic: Same input and seed, same bytes.
        sees: What a remote model takes besides text. A field that came later: where it says
            nothing it is absent, so that releases from before it keep their ids.
    """

    backend: BackendKind
    name: str
    weights: str
    context_tokens: int
    url: str = ""
    key_name: str = ""
    seal: Seal | None = None
    chat_template: str = ""
    special_tokens: tuple[str, ...] = ()
    bos_token: str = ""
    eos_token: str = ""
    quantisation: str = ""
    cache: str = ""
    adapters: tuple[Adapter, ...] = ()
    deterministic: bool = False
    sees: tuple[Sight, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> ModelSpec:
        """Read ``[model]``; which fields are legal depends on the backend."""
        backend = fields.choice("backend", _BACKENDS)
        name = fields.text("name", pattern=LABEL)
        context_tokens = fields.integer("context_tokens", 128, 16_777_216)
        deterministic = fields.flag("deterministic", default=False)
        if backend == "remote":
            spec = cls(
                backend,
                name,
                fields.digest("weights", words=("unknown",), default="unknown"),
                context_tokens,
                url=fields.text("url", pattern=_URL),
                key_name=fields.text("key_name", pattern=_OPTIONAL_LABEL, default=""),
                deterministic=deterministic,
                sees=_sights(fields),
            )
        else:
            spec = cls._read_local(fields, backend, name, context_tokens, deterministic)
        fields.close()
        return spec

    @classmethod
    def _read_local(
        cls, fields: Fields, backend: BackendKind, name: str, context_tokens: int, deterministic: bool
    ) -> ModelSpec:
        is_embedded = backend == "embedded"
        return cls(
            backend,
            name,
            fields.digest("weights")
            if backend in ("embedded", "engine")
            else fields.digest("weights", words=("unknown",), default="unknown"),
            context_tokens,
            seal=fields.choice("seal", _SEALS, default="sealed"),
            chat_template=fields.text("chat_template", default=None if is_embedded else ""),
            special_tokens=fields.texts("special_tokens", pattern=_SPECIAL_TOKEN, default=None if is_embedded else []),
            bos_token=fields.text("bos_token", pattern=_MARKER, default=""),
            eos_token=fields.text("eos_token", pattern=_MARKER, default=""),
            quantisation=fields.text("quantisation", pattern=LABEL, default="as-is"),
            cache=fields.text("cache", pattern=LABEL, default="f16"),
            adapters=tuple(_adapter(item) for item in fields.sections("adapters", limit=8, default=[])),
            deterministic=deterministic,
        )


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a worked example that stands before the conversation."""

    role: ExampleRole
    text: str


@dataclass(frozen=True, slots=True)
class FileWording:
    """The wording around a file that a user attached; its name and its text are not ours.

    A document reads ``head``, name, ``body``, text, ``tail``; where it has pages, each of them
    that holds text reads ``page_head``, number, ``page_tail``, text. A picture reads
    ``image_head``, name, ``image_tail``, and then stands there itself.
    """

    head: str
    body: str
    tail: str
    page_head: str = ""
    page_tail: str = ""
    image_head: str = ""
    image_tail: str = ""

    @classmethod
    def read(cls, fields: Fields) -> FileWording:
        """Read ``[prompt.files]``."""
        spec = cls(
            head=fields.text("head"),
            body=fields.text("body"),
            tail=fields.text("tail"),
            page_head=fields.text("page_head", default=""),
            page_tail=fields.text("page_tail", default=""),
            image_head=fields.text("image_head", default=""),
            image_tail=fields.text("image_tail", default=""),
        )
        fields.close()
        return spec


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """All wording around a conversation.

    Attributes:
        system: Template of the system message.
        separator: Stands between parts of one message.
        app_head: Wording before a caller's own system text.
        app_tail: Wording after it.
        variables: What the template may show, by name.
        examples: Worked examples, in order.
        files: Wording around attached files; None where this release takes none. A section
            that came later: where it is absent it stays so.
    """

    system: str
    separator: str = "\n\n"
    app_head: str = ""
    app_tail: str = ""
    variables: Mapping[str, VariableSpec] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    files: FileWording | None = None

    @classmethod
    def read(cls, fields: Fields) -> PromptSpec:
        """Read ``[prompt]``."""
        spec = cls(
            system=fields.text("system"),
            separator=fields.text("separator", default="\n\n"),
            app_head=fields.text("app_head", default=""),
            app_tail=fields.text("app_tail", default=""),
            variables={
                name: _variable(name, inner)
                for name, inner in sorted(fields.named("variables", _VARIABLE_NAME, optional=True).items())
            },
            examples=tuple(_example(item) for item in fields.sections("examples", default=[])),
            files=FileWording.read(fields.section("files")) if fields.has("files") else None,
        )
        fields.close()
        return spec


@dataclass(frozen=True, slots=True)
class SamplingSpec:
    """Sampling values, and the names of those that a caller may set."""

    temperature: float
    top_p: float
    top_k: int
    repeat_penalty: float
    presence_penalty: float
    frequency_penalty: float
    max_tokens: int
    allow: frozenset[str]

    @classmethod
    def read(cls, fields: Fields) -> SamplingSpec:
        """Read ``[sampling]``; without ``allow`` a caller may set nothing."""
        spec = cls(
            temperature=fields.decimal("temperature", "0", "2", default="0.7"),
            top_p=fields.decimal("top_p", "0.000001", "1", default="1.0"),
            top_k=fields.integer("top_k", 0, 1_000_000, default=0),
            repeat_penalty=fields.decimal("repeat_penalty", "0.1", "10", default="1.0"),
            presence_penalty=fields.decimal("presence_penalty", "-2", "2", default="0.0"),
            frequency_penalty=fields.decimal("frequency_penalty", "-2", "2", default="0.0"),
            max_tokens=fields.integer("max_tokens", 1, 1_048_576, default=512),
            allow=frozenset(fields.texts("allow", default=[])),
        )
        unknown = spec.allow - _CALLER_MAY_SET
        if unknown:
            fields.fail(f"field 'allow': unknown parameter {min(unknown)[:40]!r}")
        fields.close()
        return spec


@dataclass(frozen=True, slots=True)
class ToolsSpec:
    """How tools are offered to the model, and the wording around them.

    Attributes:
        style: ``none`` refuses tools; ``native`` uses the chat template's own way; ``schema``
            describes them in the system message and constrains the reply.
        head: Wording before the tool definitions.
        tail: Wording after them.
        call_head: Wording before a call in the conversation.
        call_tail: Wording after it.
        result_head: Wording before a tool's result.
        result_tail: Wording after it.
    """

    style: ToolStyle
    head: str = ""
    tail: str = ""
    call_head: str = ""
    call_tail: str = ""
    result_head: str = ""
    result_tail: str = ""

    @classmethod
    def read(cls, fields: Fields) -> ToolsSpec:
        """Read ``[tools]``."""
        style = fields.choice("style", _TOOL_STYLES, default="none")
        names = ("head", "tail", "call_head", "call_tail", "result_head", "result_tail")
        texts = {name: fields.text(name, default="") for name in names}
        fields.close()
        return cls(style, **texts)


@dataclass(frozen=True, slots=True)
class PassageWording:
    """The wording around passages that stand before a question; what was found is not ours.

    It reads ``head``, then for each passage ``item_head``, the source's name, for one with a page
    ``page_head``, number, ``page_tail``, then ``item_body``, text, ``item_tail``; and ``tail`` at the end. Where
    passages disagree about the question, ``dispute_head`` stands before ``tail``, and after it the sentences that
    disagree, each as a passage.

    Attributes:
        limit: Most passages.
    """

    limit: int
    head: str
    item_head: str
    item_body: str
    item_tail: str
    tail: str
    page_head: str = ""
    page_tail: str = ""
    dispute_head: str = ""

    @classmethod
    def read(cls, fields: Fields) -> PassageWording:
        """Read ``[retrieval.passages]``; ``dispute_head`` came later, and is absent where it says nothing."""
        spec = cls(
            limit=fields.integer("limit", 1, MAX_PASSAGES),
            head=fields.text("head"),
            item_head=fields.text("item_head"),
            item_body=fields.text("item_body"),
            item_tail=fields.text("item_tail"),
            tail=fields.text("tail"),
            page_head=fields.text("page_head", default=""),
            page_tail=fields.text("page_tail", default=""),
            dispute_head=fields.text("dispute_head", pattern=_SOMETHING) if fields.has("dispute_head") else "",
        )
        fields.close()
        return spec

    @property
    def texts(self) -> Mapping[str, str]:
        """Every text of it by name, in a fixed order."""
        names = ("head", "item_head", "item_body", "item_tail", "tail", "page_head", "page_tail", "dispute_head")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class Pin:
    """The only version of a collection that a release answers from, 64 hex digits."""

    collection: str
    version: str


@dataclass(frozen=True, slots=True)
class WebSpec:
    """That a turn searches the web for its question, through the engine of the installation.

    Attributes:
        pages: Most pages that are read.
    """

    pages: int

    @classmethod
    def read(cls, fields: Fields) -> WebSpec:
        """Read ``[retrieval.web]``."""
        spec = cls(fields.integer("pages", 1, MAX_WEB_PAGES))
        fields.close()
        return spec


@dataclass(frozen=True, slots=True)
class RetrievalSpec:
    """Which collections of documents a turn may draw from, and whether it may draw from the web.

    Attributes:
        collections: Ids or names of shared collections.
        passages: How many passages a prompt holds, and the wording around them; None puts none there.
        pins: Versions that must answer.
        web: None never searches the web.

    All but `collections` came later: where they say nothing they are absent.
    """

    collections: tuple[str, ...] = ()
    passages: PassageWording | None = None
    pins: tuple[Pin, ...] = ()
    web: WebSpec | None = None

    @classmethod
    def read(cls, fields: Fields) -> RetrievalSpec:
        """Read ``[retrieval]``; pins are of collections that it names, passages of these or of the web."""
        collections = fields.texts("collections", pattern=LABEL, default=[])
        spec = cls(
            collections,
            PassageWording.read(fields.section("passages")) if fields.has("passages") else None,
            _pins(fields, collections) if fields.has("pins") else (),
            WebSpec.read(fields.section("web")) if fields.has("web") else None,
        )
        if spec.passages is not None and not spec.has_sources:
            fields.fail("field 'passages': name the collections that they come from, or the web")
        fields.close()
        return spec

    @property
    def has_sources(self) -> bool:
        """Whether anything is looked up for a question."""
        return bool(self.collections) or self.web is not None

    @property
    def versions(self) -> Mapping[str, str]:
        """Pinned versions by collection."""
        return {pin.collection: pin.version for pin in self.pins}


@dataclass(frozen=True, slots=True)
class TruthSpec:
    """Whether sentences are checked: ``off``, ``mark`` shows verdicts, ``strict`` holds back.

    Attributes:
        not_found: What a strict release says where nothing it could say is supported.
        drafts: Replies that are drawn for one question, of which the best supported is given; 1 draws one.
        samples: Further replies that are drawn to see whether they say the same where no evidence was considered.

    All but `mode` came later: where they say nothing they are absent.
    """

    mode: TruthMode
    not_found: str = ""
    drafts: int = 1
    samples: int = 0

    @classmethod
    def read(cls, fields: Fields) -> TruthSpec:
        """Read ``[truth]``."""
        spec = cls(
            fields.choice("mode", _TRUTH_MODES, default="off"),
            fields.text("not_found", pattern=_SOMETHING) if fields.has("not_found") else "",
            fields.integer("drafts", 2, MAX_REPLIES) if fields.has("drafts") else 1,
            fields.integer("samples", 2, MAX_REPLIES - 1) if fields.has("samples") else 0,
        )
        if spec.drafts > 1 and spec.samples:
            fields.fail("fields 'drafts' and 'samples': one of the two")
        if spec.mode == "off" and spec.replies > 1:
            fields.fail("fields 'drafts' and 'samples': only where sentences are checked")
        fields.close()
        return spec

    @property
    def replies(self) -> int:
        """Replies that the model is asked for in one call; the caller gets one of them."""
        return max(self.drafts, 1 + self.samples)


@dataclass(frozen=True, slots=True)
class GuardRule:
    """What to do when a detector finds something.

    Attributes:
        detector: The category that is looked for.
        threshold: Probability from which a classifier's score counts; None leaves it to the guard. A
            field that came later: where it is absent it stays so.
    """

    detector: str
    action: GuardAction
    threshold: float | None = None

    @classmethod
    def read(cls, fields: Fields) -> GuardRule:
        """Read one rule."""
        rule = cls(
            fields.text("detector", pattern=_DETECTOR),
            fields.choice("action", _GUARD_ACTIONS),
            fields.decimal("threshold", "0.01", "1") if fields.has("threshold") else None,
        )
        fields.close()
        return rule


@dataclass(frozen=True, slots=True)
class GuardJudge:
    """A larger guard behind a URL, whose scores count beside those of the classifier that ships.

    Attributes:
        form: How it is asked, and how it answers.
        url: Base address, ``/v1`` included.
        name: Name of the model there.
        key_name: Name under which the installation keeps its key; never the key.
    """

    form: GuardForm
    url: str
    name: str
    key_name: str = ""

    @classmethod
    def read(cls, fields: Fields) -> GuardJudge:
        """Read one of ``judges`` in ``[guard]``."""
        judge = cls(
            fields.choice("form", _GUARD_FORMS),
            fields.text("url", pattern=_URL),
            fields.text("name", pattern=LABEL),
            fields.text("key_name", pattern=_OPTIONAL_LABEL, default=""),
        )
        fields.close()
        return judge


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """Rules over what comes in and what goes out; neither list may be empty, or allow everything (invariant 10).

    Attributes:
        judges: Larger guards that are asked too. A field that came later: where there are none it is absent.
    """

    input: tuple[GuardRule, ...]
    output: tuple[GuardRule, ...]
    judges: tuple[GuardJudge, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> GuardSpec:
        """Read ``[guard]``."""
        judges = fields.sections("judges", limit=4) if fields.has("judges") else None
        if judges == []:
            fields.fail("field 'judges': leave it out for none")
        spec = cls(
            input=_rules(fields, "input"),
            output=_rules(fields, "output"),
            judges=tuple(GuardJudge.read(item) for item in judges or ()),
        )
        fields.close()
        return spec


def _adapter(fields: Fields) -> Adapter:
    adapter = Adapter(
        kind=fields.choice("kind", _ADAPTER_KINDS),
        weights=fields.digest("weights"),
        scale=fields.decimal("scale", "-16", "16", default="1.0"),
    )
    fields.close()
    return adapter


def _sights(fields: Fields) -> tuple[Sight, ...]:
    if not fields.has("sees"):
        return ()
    given = fields.texts("sees")
    found = tuple(sight for sight in _SIGHTS if sight in given)
    if found != given or not found:
        fields.fail(f"field 'sees': expected {', '.join(_SIGHTS)}; leave it out for a model that reads text only")
    return found


def _pins(fields: Fields, collections: tuple[str, ...]) -> tuple[Pin, ...]:
    pins: list[Pin] = []
    for item in fields.sections("pins"):
        pins.append(Pin(item.text("collection", pattern=LABEL), item.digest("version")))
        item.close()
    pinned = [pin.collection for pin in pins]
    if not pins or len(set(pinned)) != len(pinned) or not set(pinned) <= set(collections):
        fields.fail("field 'pins': expected collections that this release names, each once; leave it out for none")
    return tuple(pins)


def _variable(name: str, fields: Fields) -> VariableSpec:
    kind = fields.choice("type", _VARIABLE_TYPES)
    source = fields.choice("source", _VARIABLE_SOURCES)
    spec = VariableSpec(name, kind, source, fields.texts("choices") if kind == "enum" else ())
    fields.close()
    return spec


def _example(fields: Fields) -> Example:
    example = Example(role=fields.choice("role", _EXAMPLE_ROLES), text=fields.text("text"))
    fields.close()
    return example


def _rules(fields: Fields, side: str) -> tuple[GuardRule, ...]:
    rules = tuple(GuardRule.read(item) for item in fields.sections(side, limit=64))
    if all(rule.action == "allow" for rule in rules):
        fields.fail(f"field {side!r}: a policy without a rule that acts refuses everything; name at least one detector")
    if len({rule.detector for rule in rules}) != len(rules):
        fields.fail(f"field {side!r}: a detector is named twice")
    return rules
