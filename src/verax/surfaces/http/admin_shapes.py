"""What the calls of administration take and answer with."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from verax.surfaces.http.account_models import KeyBody, Name, PerMinute, RoleName
from verax.surfaces.http.reply_models import ReplyModel
from verax.surfaces.http.validation import WireModel

__all__ = [
    "AdminHealth",
    "AlarmList",
    "ChannelList",
    "LinkBody",
    "LogPage",
    "ModelKeyRequest",
    "ModelOverview",
    "ModelTestRequest",
    "ModelTestResult",
    "SettingList",
    "UsageBody",
    "UserBody",
    "UserChangeRequest",
    "UserList",
    "UserMade",
    "UserRequest",
]

Roles = Annotated[list[RoleName], Field(min_length=1, max_length=7)]
Url = Annotated[str, Field(min_length=8, max_length=2000)]
ModelName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Secret = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[!-~]+$")]
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}$")]


class UserBody(ReplyModel):
    """One account; `last_seen_ms` is null before the first use."""

    id: str
    name: str
    roles: list[str]
    has_password: bool
    requests_per_minute: int | None
    created_ms: int
    disabled_ms: int | None
    sessions: int
    keys: int
    last_seen_ms: int | None


class UserList(ReplyModel):
    """Accounts in order of their names; `total` counts all that were asked for."""

    object: Literal["list"]
    data: list[UserBody]
    has_more: bool
    total: int


class LinkBody(ReplyModel):
    """A one-time link: it stands in this answer and nowhere else."""

    url: str
    expires_ms: int


class UserMade(UserBody):
    """A new account with the link that signs its person in."""

    link: LinkBody


class UserRequest(WireModel):
    """Body of ``POST /v1/admin/users``."""

    name: Name
    roles: Roles = Field(default=["member"])
    requests_per_minute: PerMinute | None = None


class UserChangeRequest(WireModel):
    """Body of ``PATCH /v1/admin/users/{id}``; what is left out stays as it is."""

    name: Name | None = None
    roles: Roles | None = None
    is_disabled: bool | None = None
    requests_per_minute: PerMinute | None = Field(default=None, description="Null removes the limit.")


class ChannelModel(ReplyModel):
    """The model that a channel's head names; `has_key` is null where it needs none."""

    channel: str
    release: str
    model: str
    backend: str
    weights: str
    url: str | None
    key_name: str | None
    has_key: bool | None
    context_tokens: int


class FoundServer(ReplyModel):
    """A model server on this machine, and the command that connects it."""

    kind: str
    url: str
    models: list[str]
    command: str


class StoredKey(ReplyModel):
    """A key of a remote model by its name, never the key."""

    name: str
    channels: list[str]


class ModelOverview(ReplyModel):
    """Reply of ``GET /v1/admin/models``."""

    channels: list[ChannelModel]
    servers: list[FoundServer]
    files: list[str]
    keys: list[StoredKey]


class ModelKeyRequest(WireModel):
    """Body of ``PUT /v1/admin/models/keys/{name}``."""

    key: Secret


class ModelTestRequest(WireModel):
    """Body of ``POST /v1/admin/models/test``.

    A stored key is used only at the address that a channel's head names for it: whoever may
    test an address could read the key there otherwise.
    """

    url: Url
    name: ModelName | None = Field(default=None, description="Time a sample of this model.")
    key: Secret | None = None
    key_name: KeyName | None = Field(default=None, description="Name of a stored key, or the one to be given to a key.")
    channel: Annotated[str, Field(min_length=1, max_length=80)] = "assistant"


class OfferedBody(ReplyModel):
    """A model that a server lists."""

    name: str
    context_tokens: int | None


class SampleBody(ReplyModel):
    """How fast one short reply came; what it said is not kept."""

    first_text_ms: int
    total_ms: int
    completion_tokens: int | None


class ProblemBody(ReplyModel):
    """What went wrong, in the words of the errors."""

    code: str
    message: str
    hint: str


class ModelTestResult(ReplyModel):
    """What a test found. `command` connects the model, null where there is none to connect."""

    url: str
    is_reachable: bool
    models: list[OfferedBody]
    sample: SampleBody | None
    problem: ProblemBody | None
    command: str | None


class GateBody(ReplyModel):
    """A suite that a change must pass."""

    suite: str
    floors: dict[str, str]


class RulesBody(ReplyModel):
    """What the root document demands of a channel."""

    approvals: int
    gates: list[GateBody]
    needs_witness: bool
    max_head_age_s: int
    rollback_depth: int
    is_public: bool


class CanaryBody(ReplyModel):
    """A release that serves a share of the users, in basis points."""

    release: str
    share_bp: int


class ChannelState(ReplyModel):
    """A channel: what serves, and what the root demands."""

    name: str
    release: str | None
    title: str | None
    model: str | None
    mode: str | None
    is_frozen: bool
    head_index: int
    canary: CanaryBody | None
    open_changes: int
    rules: RulesBody


class ChannelList(ReplyModel):
    """Every channel, that of the runtime included."""

    root_version: int
    fingerprint: str
    solo: bool
    data: list[ChannelState]


class SettingBody(ReplyModel):
    """One setting with where it came from; secrets are masked."""

    name: str
    value: str | int | float | bool | None
    source: str
    description: str


class SettingList(ReplyModel):
    """Settings in the order of the reference. They change with the configuration and a restart."""

    data: list[SettingBody]
    file: str


class UsageRow(ReplyModel):
    """Sums; `day` is null over all days, `name` empty for everything beyond the busiest."""

    day: str | None
    name: str
    label: str
    turns: int
    prompt_tokens: int
    completion_tokens: int
    duration_ms: int
    p50_ms: int
    p95_ms: int


class UsageBody(ReplyModel):
    """Usage by day and name, by name over all days, and altogether (null without any turn)."""

    first: str
    last: str
    by: Literal["day", "channel", "user", "status"]
    days: list[UsageRow]
    names: list[UsageRow]
    total: UsageRow | None


class LogLineBody(ReplyModel):
    """One line of the server's log; `place` says where an exception came from."""

    number: int
    time_ms: int
    level: Literal["debug", "info", "warning", "error", "critical"]
    logger: str
    message: str
    place: str


class LogPage(ReplyModel):
    """Lines behind a number. Another `run` means that the server was started again: begin at 0."""

    run: str
    data: list[LogLineBody]
    last: int
    has_more: bool


class AlarmBody(ReplyModel):
    """An alarm of the governance log, in plain words."""

    index: int
    code: str
    channel: str | None
    count: int
    first_ms: int
    last_ms: int
    meaning: str
    next_step: str
    detail: dict[str, Any]


class AlarmList(ReplyModel):
    """Alarms, newest first."""

    object: Literal["list"]
    data: list[AlarmBody]
    has_more: bool


class FindingBody(ReplyModel):
    """One thing that was looked at; `next_step` is empty where there is nothing to do."""

    name: str
    state: Literal["fine", "note", "wrong"]
    detail: str
    next_step: str


class AdminHealth(ReplyModel):
    """Whether turns are answered, and everything that was looked at."""

    is_ready: bool
    data: list[FindingBody]


class AdminKeyList(ReplyModel):
    """API keys of all accounts, newest first."""

    object: Literal["list"]
    data: list[KeyBody]
    has_more: bool
