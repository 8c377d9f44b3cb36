"""The root document: who may do what, and under which demands (protocol clause 4).

* Thresholds count persons, not keys. One key material stands under one id only.
* ``solo: false`` needs two persons as reviewers. ``approvals: 0`` and ``gates: []`` are legal
  only while ``solo`` is true.
* The channel ``runtime`` always exists (clause 5.8).
* `channels` is a list of objects in order of their names: a channel's name may hold ``-`` and
  ``/``, which keys of canonical objects may not (ADR 0020).
* ``hex(H(CJ(document)))`` of version 1 is the installation's fingerprint.

Whether one document may follow another is decided in `verax.kernel.fold_root`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from cryptography.hazmat.primitives.asymmetric import ec

from verax.kernel import canonical
from verax.kernel.cosignature import Policy
from verax.kernel.errors import CanonicalError, KernelError, NoteError, RootError
from verax.kernel.fields import Fields
from verax.kernel.note import VerifierKey

__all__ = [
    "CHANNEL_NAME",
    "KEY_ID",
    "ROLES",
    "RUNTIME_CHANNEL",
    "SUITE_NAME",
    "SUPPORTED_RULES",
    "ChannelRules",
    "GateRule",
    "KeyKind",
    "KeyRecord",
    "RoleName",
    "RoleRule",
    "RootDocument",
]

SUPPORTED_RULES = frozenset({1})
RUNTIME_CHANNEL = "runtime"

RoleName = Literal["root", "author", "reviewer", "operator", "monitor", "gate", "recorder"]
KeyKind = Literal["ed25519", "passkey"]

ROLES: tuple[RoleName, ...] = get_args(RoleName)
_KEY_KINDS: tuple[KeyKind, ...] = get_args(KeyKind)

CHANNEL_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}(?:/[a-z0-9][a-z0-9-]{0,31})?\Z")
KEY_ID = re.compile(r"[A-Za-z0-9_]{1,64}\Z")
SUITE_NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,63}\Z")
_INSTALLATION_NAME = re.compile(r"(?:[a-z0-9][a-z0-9.-]{0,62}[./-])?[a-z2-7]{26}\Z")
_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\Z")
_RP_ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}\Z")
_ORIGIN = re.compile(r"https?://[!-~]{1,300}\Z")
_LOG_NAME = re.compile(r"/(?:governance|promise|replies/(?:0|[1-9][0-9]{0,8}))\Z")
_MAX_KEYS = 128


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key and the person who holds it.

    Attributes:
        id: A hint that signatures carry; never trusted.
        person: Opaque label of a person or machine; thresholds count these.
        material: Ed25519: 32 bytes. Passkey: an uncompressed P-256 point, 65 bytes.
        rp_id: Passkey only: the relying party id that assertions must be for.
        origins: Passkey only: pages that may ask for an assertion.
        is_device_bound: Passkey only: refuse credentials that can be backed up (flag BE).
    """

    id: str
    person: str
    kind: KeyKind
    material: bytes
    rp_id: str = ""
    origins: tuple[str, ...] = ()
    is_device_bound: bool = False


@dataclass(frozen=True, slots=True)
class RoleRule:
    """The keys that hold a role, and how many persons must sign in it."""

    keys: frozenset[str]
    threshold: int


@dataclass(frozen=True, slots=True)
class GateRule:
    """A suite that a change must pass; `floors` are decimal strings by metric."""

    suite: str
    floors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ChannelRules:
    """What a channel demands.

    Attributes:
        approvals: Persons, other than the authors, who must approve a change.
        gates: Suites that must pass.
        needs_witness: Forward moves wait for the witness quorum.
        max_head_age_s: No turns when governance was not checked for so long.
        rollback_depth: Heads that may be returned to, and steps back between admissions.
        is_public: Its records are shown on the transparency page.
    """

    name: str
    approvals: int
    gates: tuple[GateRule, ...]
    needs_witness: bool
    max_head_age_s: int
    rollback_depth: int
    is_public: bool


@dataclass(frozen=True, slots=True)
class RootDocument:
    """A valid root document.

    Attributes:
        logs: Verifier keys of the logs and of the promise key, as text.
        retention_days: How long reply logs are kept; None keeps them for good.
        predecessor: Fingerprint of an installation that this one follows, or empty.
        data: Canonical bytes.
    """

    version: int
    name: str
    rules: int
    logs: tuple[str, ...]
    keys: Mapping[str, KeyRecord]
    roles: Mapping[RoleName, RoleRule]
    channels: Mapping[str, ChannelRules]
    witness_policy: str
    is_solo: bool
    retention_days: int | None
    predecessor: str
    data: bytes = field(repr=False)

    @classmethod
    def parse(cls, source: bytes | Mapping[str, Any]) -> RootDocument:
        """Read a document strictly, from canonical bytes or from plain objects.

        Raises:
            RootError: not canonical, an unknown or missing field, or a rule of clause 4 broken.
        """
        try:
            value = canonical.decode(source) if isinstance(source, bytes) else source
            data = source if isinstance(source, bytes) else canonical.encode(source)
        except CanonicalError as error:
            raise RootError(f"root: {error.message}") from None
        document = _read(value, data)
        _check_roles(document)
        _check_channels(document)
        return document

    @property
    def fingerprint(self) -> str:
        """``hex(H(CJ(document)))``; of version 1 it is the trust anchor of an installation."""
        return canonical.hex_digest(self.data)

    @property
    def origin(self) -> str:
        """Origin of the governance log."""
        return f"{self.name}/governance"

    @property
    def manifest(self) -> dict[str, Any]:
        """The document as plain objects, a fresh copy each time."""
        manifest: dict[str, Any] = canonical.decode(self.data)
        return manifest

    def persons_of(self, role: RoleName) -> frozenset[str]:
        """Return the persons who hold `role`."""
        return frozenset(self.keys[key].person for key in self.roles[role].keys)


def _read(value: object, data: bytes) -> RootDocument:
    fields = Fields(value, "root", RootError)
    name = fields.text("name", pattern=_INSTALLATION_NAME)
    keys = {key: _read_key(key, inner) for key, inner in fields.named("keys", KEY_ID, limit=_MAX_KEYS).items()}
    document = RootDocument(
        version=fields.integer("version", 1, canonical.MAX_INTEGER),
        name=name,
        rules=fields.integer("rules", 1, canonical.MAX_INTEGER),
        logs=_read_logs(fields, name),
        keys=keys,
        roles=_read_roles(fields.section("roles")),
        channels=_read_channels(fields),
        witness_policy=fields.text("witness_policy", limit=8192),
        is_solo=fields.flag("solo"),
        retention_days=_read_retention(fields.section("retention")),
        predecessor=fields.digest("predecessor") if fields.has("predecessor") else "",
        data=data,
    )
    fields.close()
    if len({(key.kind, key.material) for key in keys.values()}) != len(keys):
        fields.fail("one key stands under two ids")
    if document.predecessor and document.version != 1:
        fields.fail("only version 1 names a predecessor")
    if document.witness_policy:
        try:
            Policy.parse(document.witness_policy)
        except KernelError as error:
            fields.fail(f"witness_policy: {error.message}")
    return document


def _read_key(key_id: str, fields: Fields) -> KeyRecord:
    kind = fields.choice("kind", _KEY_KINDS)
    material = _decode_material(fields, fields.text("material", limit=128))
    person = fields.text("person", pattern=_PERSON)
    if kind == "ed25519":
        fields.close()
        _check_ed25519(fields, material)
        return KeyRecord(key_id, person, kind, material)
    record = KeyRecord(
        key_id,
        person,
        kind,
        material,
        rp_id=fields.text("rp_id", pattern=_RP_ID),
        origins=fields.texts("origins", pattern=_ORIGIN, limit=16),
        is_device_bound=fields.flag("device_bound", default=False),
    )
    fields.close()
    if not _is_p256_point(material):
        fields.fail("field 'material': expected an uncompressed P-256 point, 65 bytes")
    if not record.origins:
        fields.fail("field 'origins': a passkey without origins could never sign")
    return record


def _decode_material(fields: Fields, text: str) -> bytes:
    try:
        return canonical.b64_decode(text)
    except CanonicalError as error:
        fields.fail(f"field 'material': {error.message}")


def _check_ed25519(fields: Fields, material: bytes) -> None:
    try:
        VerifierKey("key", material)
    except NoteError:
        fields.fail("field 'material': expected a canonical Ed25519 public key, 32 bytes")


def _is_p256_point(material: bytes) -> bool:
    if len(material) != 65 or material[0] != 4:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), material)
    except ValueError:
        return False
    return True


def _read_logs(fields: Fields, name: str) -> tuple[str, ...]:
    logs = fields.texts("logs", limit=256)
    names: list[str] = []
    for text in logs:
        try:
            names.append(VerifierKey.parse(text).name)
        except NoteError as error:
            fields.fail(f"field 'logs': {error.message}")
        if not names[-1].startswith(f"{name}/") or not _LOG_NAME.match(names[-1], len(name)):
            fields.fail("field 'logs': a key is named after no log of this installation")
    if f"{name}/governance" not in names[:1]:
        fields.fail("field 'logs': the key of the governance log comes first")
    return logs


def _read_roles(fields: Fields) -> dict[RoleName, RoleRule]:
    roles: dict[RoleName, RoleRule] = {}
    for role in ROLES:
        inner = fields.section(role)
        roles[role] = RoleRule(
            frozenset(inner.texts("keys", pattern=KEY_ID, limit=_MAX_KEYS)), inner.integer("threshold", 1, _MAX_KEYS)
        )
        inner.close()
    fields.close()
    return roles


def _read_channels(fields: Fields) -> dict[str, ChannelRules]:
    channels = [_read_channel(inner) for inner in fields.sections("channels", limit=128)]
    names = [channel.name for channel in channels]
    if names != sorted(set(names)):
        fields.fail("field 'channels': names are in order and different")
    return {channel.name: channel for channel in channels}


def _read_channel(fields: Fields) -> ChannelRules:
    name = fields.text("name", pattern=CHANNEL_NAME)
    if name == "none":
        fields.fail("field 'name': \"none\" stands for no channel")
    gates = [_read_gate(inner) for inner in fields.sections("gates", limit=64)]
    if len({gate.suite for gate in gates}) != len(gates):
        fields.fail("field 'gates': a suite is named twice")
    channel = ChannelRules(
        name=name,
        approvals=fields.integer("approvals", 0, _MAX_KEYS),
        gates=tuple(gates),
        needs_witness=fields.flag("witness"),
        max_head_age_s=fields.integer("max_head_age_s", 1, 31_536_000),
        rollback_depth=fields.integer("rollback_depth", 0, 64),
        is_public=fields.flag("public"),
    )
    fields.close()
    return channel


def _read_gate(fields: Fields) -> GateRule:
    suite = fields.text("suite", pattern=SUITE_NAME)
    inner = fields.section("floors")
    floors: dict[str, str] = {}
    for metric in sorted(inner.names()):
        inner.decimal(metric, "-999999999", "999999999")
        floors[metric] = str(inner.filled[metric])
    fields.close()
    return GateRule(suite, floors)


def _read_retention(fields: Fields) -> int | None:
    days = fields.integer("replies_days", 1, 36_500) if fields.has("replies_days") else None
    fields.close()
    return days


def _check_roles(document: RootDocument) -> None:
    for role, rule in document.roles.items():
        unknown = rule.keys - document.keys.keys()
        if unknown:
            raise RootError(f"root, roles.{role}: key {min(unknown)!r} is not among the keys")
        # A role that nobody holds is legal (no monitor yet), except the one that can mend that.
        if rule.threshold > max(1, len(document.persons_of(role))) or (role == "root" and not rule.keys):
            raise RootError(
                f"root, roles.{role}: threshold {rule.threshold} is more than its persons can reach",
                hint="thresholds count persons, not keys",
            )
    if not document.is_solo and len(document.persons_of("reviewer")) < 2:
        raise RootError("root: without solo two persons are reviewers", hint="name a second reviewer, or say solo")


def _check_channels(document: RootDocument) -> None:
    if RUNTIME_CHANNEL not in document.channels:
        raise RootError(f"root: the channel {RUNTIME_CHANNEL!r} is missing")
    reviewers = len(document.persons_of("reviewer"))
    for name, channel in document.channels.items():
        if not document.is_solo and (channel.approvals == 0 or not channel.gates):
            raise RootError(f"root, channel {name}: no approvals or no gates are legal only while solo is true")
        if channel.approvals > reviewers:
            raise RootError(f"root, channel {name}: {channel.approvals} approvals, and only {reviewers} reviewers")
        if channel.needs_witness and not document.witness_policy:
            raise RootError(f"root, channel {name}: it waits for witnesses, and there is no witness policy")
