"""People's own keys, outside the server's data folder (protocol clause 4).

::

    <keyring>/<installation name>/
        credentials.json   where the server is and the command line's API key   0600
        daily.key          the person's signing key, PKCS 8 PEM                  0600
        log.keys           pinned verifier keys of the logs, one a line
        marks.json         newest checkpoint of each log that this machine verified
        evidence/          split views: two histories that one log key signed
        receipts/          receipts and replies of the last turns, `KEPT_RECEIPTS` at most

* Folders are 0700. A private file that others can read is refused.
* The recovery key is never stored here: it is shown once, at genesis.
* Files are written whole: to a temporary file, synced, renamed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import re
import secrets
import stat
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from verax.kernel.errors import ConfigError, IntegrityError, VeraxError

__all__ = [
    "KEPT_RECEIPTS",
    "Credentials",
    "Identity",
    "Keyring",
    "Mark",
    "decode_recovery_key",
    "encode_recovery_key",
    "write_private",
]

KEPT_RECEIPTS = 200
"""Turns whose receipt and reply stay in the keyring; `verax receipt save` keeps one for good."""

_MARKS = "marks.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_KEPT_DIGITS = 12
_TURN = re.compile(r"[0-9a-f]{32}\Z")
_TURN_PREFIX = re.compile(r"[0-9a-f]{8,32}\Z")
_RECOVERY_PREFIX = "vxr"
_CHECK_BYTES = 3
_SEED_BYTES = 32


@dataclass(frozen=True, slots=True)
class Credentials:
    """How the command line reaches one installation.

    Attributes:
        name: Name of the installation, as in its root document.
        url: Where its server was reached last.
        home: Its data folder, empty for an installation on another machine.
        fingerprint: Digest of the root document: the trust anchor.
        person: The person that the daily key stands for, empty for a plain user.
        key_id: Id of the daily key in the root document, empty for a plain user.
        api_key: The command line's own API key.
    """

    name: str
    url: str
    home: str = ""
    fingerprint: str = ""
    person: str = ""
    key_id: str = ""
    api_key: str = ""

    def __repr__(self) -> str:
        return f"Credentials(name={self.name!r}, url={self.url!r}, person={self.person!r})"


@dataclass(frozen=True, slots=True)
class Mark:
    """A checkpoint that this machine verified; history may only grow from it.

    Attributes:
        note: The signed note itself, which is evidence where another history turns up; empty for a
            mark of an earlier version of this program.
    """

    size: int
    root: str
    note: str = ""


class Identity:
    """One installation's folder in the keyring."""

    def __init__(self, folder: Path, credentials: Credentials) -> None:
        self.folder = folder
        self.credentials = credentials

    @property
    def log_keys_path(self) -> Path:
        """The pinned verifier keys, as the receipt checker reads them."""
        return self.folder / "log.keys"

    def receipt_path(self, turn_id: str, suffix: str) -> Path:
        """Return where a file of one turn is kept; the oldest turns make room for it."""
        if not _TURN.match(turn_id):
            raise ConfigError("receipt: expected an id of 32 hex digits", hint="copy it from the reply")
        folder = self.folder / "receipts"
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = sorted(folder.glob("*" + suffix), key=lambda path: path.stat().st_mtime)
        for old in kept[: max(0, len(kept) - KEPT_RECEIPTS + 1)]:
            old.unlink(missing_ok=True)
        return folder / f"{turn_id[:_KEPT_DIGITS]}{suffix}"

    def kept_receipt(self, turn_id: str) -> Path | None:
        """Return the kept receipt of a turn named by its id or the first digits of it, None without one."""
        if not _TURN_PREFIX.match(turn_id):
            return None
        found = sorted((self.folder / "receipts").glob(f"{turn_id[:_KEPT_DIGITS]}*.json"))
        return found[0] if len(found) == 1 else None

    def log_keys(self) -> list[str]:
        """Return the pinned verifier keys; none where nothing was pinned yet."""
        try:
            text = self.log_keys_path.read_text(encoding="ascii")
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line]

    def pin_log_keys(self, keys: list[str]) -> None:
        """Pin verifier keys; earlier pins are replaced."""
        _write(self.log_keys_path, "".join(f"{key}\n" for key in keys).encode("ascii"), 0o644)

    def mark(self, log: str) -> Mark:
        """Return the newest verified checkpoint of the log `log`; the empty log where there is none.

        Raises:
            IntegrityError: the file was written by something else; an empty log is not assumed.
        """
        try:
            data = self._marks().get(log, {"size": 0, "root": hashlib.sha256().hexdigest()})
            return Mark(int(data["size"]), str(data["root"]), str(data.get("note", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise IntegrityError(
                f"{self.folder / _MARKS}: not written by this program",
                hint='move the file away, then run "verax log verify"',
            ) from None

    def keep_mark(self, log: str, mark: Mark) -> None:
        """Store `mark` as the newest verified checkpoint of the log `log`."""
        _write(self.folder / _MARKS, _json({**self._marks(), log: asdict(mark)}), 0o600)

    def keep_evidence(self, data: bytes) -> Path:
        """Keep a split view and return where."""
        folder = self.folder / "evidence"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{hashlib.sha256(data).hexdigest()[:_KEPT_DIGITS]}.json"
        _write(path, data, 0o600)
        return path

    def _marks(self) -> dict[str, Any]:
        try:
            marks: dict[str, Any] = json.loads((self.folder / _MARKS).read_bytes())
        except FileNotFoundError:
            return {}
        return marks

    def daily_seed(self) -> bytes:
        """Return the 32-byte seed of the person's signing key.

        Raises:
            ConfigError: there is no key, or others can read it.
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self.folder / "daily.key"
        try:
            key = load_pem_private_key(_read_private(path), password=None)
        except FileNotFoundError:
            raise ConfigError(
                f"keyring: no signing key for {self.credentials.name}",
                hint="sign on the machine where the installation was made, or copy daily.key from there",
            ) from None
        except ValueError:
            raise ConfigError(f"{path}: not a PKCS 8 private key", hint="restore the file from a copy") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigError(f"{path}: expected an Ed25519 key", hint="restore the file from a copy")
        return key.private_bytes_raw()

    def keep_daily_seed(self, seed: bytes) -> None:
        """Store the person's signing key; an existing key is never overwritten."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        path = self.folder / "daily.key"
        if path.exists():
            raise ConfigError(f"{path}: a signing key is there already", hint="move it away first")
        key = Ed25519PrivateKey.from_private_bytes(seed)
        _write(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)

    def has_daily_key(self) -> bool:
        """Say whether this person can sign."""
        return (self.folder / "daily.key").exists()

    def update(self, **changes: str) -> Identity:
        """Store changed credentials and return the identity that has them."""
        changed = replace(self.credentials, **changes)
        _write(self.folder / "credentials.json", _json({"v": 1} | asdict(changed)), 0o600)
        return Identity(self.folder, changed)


class Keyring:
    """All installations that this person knows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self, credentials: Credentials) -> Identity:
        """Make the folder of an installation, or refresh its credentials.

        Another installation that was found at the same place before is found there no more.

        Raises:
            ConfigError: the name could lead out of the keyring.
        """
        # A name may hold a slash after its label; a folder's may not.
        label = credentials.name.replace("/", "_")
        if not _NAME.match(label) or ".." in label:
            raise ConfigError(
                f"keyring: {credentials.name!r} is no name of an installation",
                hint="use letters, digits, dots and dashes",
            )
        for other in self.identities():
            was = other.credentials
            if was.name != credentials.name and (was.url == credentials.url or was.home == credentials.home != ""):
                other.update(url="", home="")
        folder = self.path / label
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Identity(folder, credentials).update()

    def identities(self) -> list[Identity]:
        """Return every installation, by name."""
        if not self.path.is_dir():
            return []
        return [_load(folder) for folder in sorted(self.path.iterdir()) if (folder / "credentials.json").is_file()]

    def find(self, *, home: Path | None = None, url: str | None = None) -> Identity | None:
        """Return the installation of a data folder or, failing that, of an address."""
        known = self.identities()
        for identity in known:
            if home is not None and identity.credentials.home == str(home):
                return identity
        for identity in known:
            if url is not None and identity.credentials.url.rstrip("/") == url.rstrip("/"):
                return identity
        return None

    def complaints(self) -> list[str]:
        """Return what is wrong with permissions, one line each, for `verax doctor`."""
        lines = []
        for identity in self.identities():
            for name in ("credentials.json", "daily.key", _MARKS):
                path = identity.folder / name
                if path.exists() and _is_exposed(path):
                    lines.append(f"{path} can be read by others")
        return lines


def encode_recovery_key(seed: bytes) -> str:
    """Write the offline recovery key so that it can be kept on paper: base32 with a check, in groups of seven."""
    text = base64.b32encode(seed + _check(seed)).decode("ascii").lower()
    return "-".join([_RECOVERY_PREFIX, *(text[start : start + 7] for start in range(0, len(text), 7))])


def decode_recovery_key(text: str) -> bytes:
    """Read what `encode_recovery_key` wrote; case, dashes and spaces do not matter.

    Raises:
        VeraxError: a typing error, which the check finds with a chance of all but 1 in 2^24.
    """
    plain = re.sub(r"[\s-]", "", text).lower().removeprefix(_RECOVERY_PREFIX)
    try:
        payload = base64.b32decode(plain, casefold=True)
    except (binascii.Error, ValueError):
        payload = b""
    seed = payload[:_SEED_BYTES]
    if len(seed) != _SEED_BYTES or payload[_SEED_BYTES:] != _check(seed):
        raise VeraxError(
            "recovery key: it does not fit its check; a letter is missing or wrong",
            hint="type it again as it was printed",
            code="keyring/recovery-key",
        )
    return seed


def _check(seed: bytes) -> bytes:
    return hashlib.sha256(b"verax/recovery/v1\n" + seed).digest()[:_CHECK_BYTES]


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file that only its owner can read.

    Raises:
        VeraxError: the folder is missing or cannot be written.
    """
    try:
        _write(path, data, 0o600)
    except OSError as error:
        raise VeraxError(f"{path}: cannot be written: {error.strerror}", hint="name a file in another folder") from None


def _load(folder: Path) -> Identity:
    path = folder / "credentials.json"
    try:
        data: dict[str, Any] = json.loads(_read_private(path))
        if data.pop("v") != 1:
            raise ConfigError(f"{path}: written by a newer version", hint="use the newer version of verax")
        return Identity(folder, Credentials(**data))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ConfigError(f"{path}: not a credentials file", hint="move it away; sign in again") from None


def _read_private(path: Path) -> bytes:
    if path.exists() and _is_exposed(path):
        raise ConfigError(f"{path}: others can read this private file", hint=f"chmod 600 {path}")
    return path.read_bytes()


def _is_exposed(path: Path) -> bool:
    return os.name == "posix" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _write(path: Path, data: bytes, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
