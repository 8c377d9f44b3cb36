"""What lies in site-packages, and whether an installer put all of it there (clause 13).

* Every file must be claimed by the RECORD of a distribution, with a digest that it has.
* Every distribution must be one that a lock names, at that version; ``verax`` itself and
  ``pip``, which the virtual environment brings, are the two exceptions.
* Bytecode in ``__pycache__`` is left out: the isolated interpreter never reads it. A ``.pyc``
  anywhere else could be imported and counts as a file.

All of this works offline. It catches what was added or changed by hand. Whoever can change a
file can also write its RECORD anew; that changes the digest of the package in the instance
manifest, and so the ``runtime`` of every later record, which shows it.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from verax.kernel.runtime import InstalledPackage, files_digest
from verax.surfaces.launch.files import MeasuredFile

__all__ = ["Distribution", "Finding", "check_files", "installed_packages", "read_distributions", "read_locks"]

_UNLOCKED = frozenset({"pip", "verax"})
_LOCK_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_BASE64URL_SHA256 = 43


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution as its RECORD describes it.

    Attributes:
        name: Normalised name.
        version: As in the name of its folder.
        folder: Name of its ``.dist-info`` folder.
        files: Expected SHA-256 (hex) by path relative to site-packages; empty where the
            RECORD gives none. Files outside site-packages are left out.
    """

    name: str
    version: str
    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing in site-packages that no installer of ours would leave."""

    path: str
    problem: str


def read_distributions(site_packages: Path) -> list[Distribution]:
    """Read every RECORD; a distribution without one claims nothing."""
    found = []
    for folder in sorted(site_packages.glob("*.dist-info")):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        found.append(Distribution(normal_name(name), version, folder.name, _read_record(folder / "RECORD")))
    return found


def read_locks(locks: Iterable[Path]) -> dict[str, set[str]]:
    """Return the versions that the lock files allow, by normalised name."""
    allowed: dict[str, set[str]] = {}
    for lock in locks:
        for line in lock.read_text(encoding="utf-8").splitlines():
            if match := _LOCK_LINE.match(line):
                allowed.setdefault(normal_name(match[1]), set()).add(match[2])
    return allowed


def check_files(
    distributions: Iterable[Distribution], files: Mapping[str, MeasuredFile], locked: Mapping[str, set[str]]
) -> list[Finding]:
    """Compare what lies there with what installers recorded.

    Args:
        distributions: From `read_distributions`.
        files: What was found, by path relative to site-packages, bytecode left out.
        locked: From `read_locks`.
    """
    findings, claimed = [], set()
    for distribution in distributions:
        if not _is_locked(distribution, locked):
            label = f"{distribution.name} {distribution.version}"
            findings.append(Finding(distribution.folder, f"no lock names {label}"))
        for path, expected in distribution.files.items():
            claimed.add(path)
            if path not in files:
                findings.append(Finding(path, f"missing; {distribution.name} installed it"))
            elif expected and files[path].digest != expected:
                findings.append(Finding(path, f"changed since {distribution.name} was installed"))
            elif not expected and not path.startswith(f"{distribution.folder}/"):
                findings.append(Finding(path, f"the RECORD of {distribution.name} gives no digest"))
    findings += [Finding(path, "no package installed it") for path in files.keys() - claimed]
    return sorted(findings)


def installed_packages(
    distributions: Iterable[Distribution], files: Mapping[str, MeasuredFile]
) -> tuple[InstalledPackage, ...]:
    """Return name, version and a digest over all files of each distribution."""
    return tuple(
        InstalledPackage(
            item.name,
            item.version,
            files_digest("verax/package/v1", {path: files[path].digest for path in item.files if path in files}),
        )
        for item in distributions
    )


def normal_name(name: str) -> str:
    """Return a distribution's name as locks write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_locked(distribution: Distribution, locked: Mapping[str, set[str]]) -> bool:
    return distribution.name in _UNLOCKED or distribution.version in locked.get(distribution.name, ())


def _read_record(record: Path) -> dict[str, str]:
    if not record.is_file():
        return {}
    files = {}
    with record.open(encoding="utf-8", newline="") as handle:
        for row in csv.reader(handle):
            path, value = (row[0], row[1]) if len(row) >= 2 else ("", "")
            if path and not _lies_outside(path) and not _is_cached_bytecode(path):
                files[path] = _hex_of(value)
    return files


def _lies_outside(path: str) -> bool:
    return path.startswith(("/", "../"))


def _is_cached_bytecode(path: str) -> bool:
    return "/__pycache__/" in f"/{path}"


def _hex_of(value: str) -> str:
    """Return the hex digest of a RECORD field, empty for what is not a SHA-256."""
    algorithm, _, text = value.partition("=")
    if algorithm != "sha256" or len(text) != _BASE64URL_SHA256:
        return ""
    try:
        return base64.urlsafe_b64decode(text + "=").hex()
    except (binascii.Error, ValueError):
        return ""
