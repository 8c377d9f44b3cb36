"""What code runs, as digests (protocol clause 13).

* The *portable* part, ``CJ({lock, source})``, is what people admit: the files of the package
  and the lock of its dependencies. Its digest is the same on every machine that runs them.
* The *instance manifest* adds the interpreter, the platform, the digest of every installed
  package over all its files, and the native libraries mapped after start.
* A record's ``runtime`` is ``hex(H(instance manifest))``, so the manifest is a blob of that
  name; the fold checks only its portable part.

Lists in a manifest are sorted and without repeats, so the same installation always gives
the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from verax.kernel import canonical
from verax.kernel.errors import KernelError
from verax.kernel.fields import Fields

__all__ = [
    "InstalledPackage",
    "InstanceManifest",
    "PortableRuntime",
    "describe_changes",
    "files_digest",
    "portable_digest",
    "source_digest",
]

_LINE = re.compile(r"[0-9a-f]{64} [^\n\r\0]+\Z")
_NAME = re.compile(r"[^\n\r\0]+\Z")
_MAX_ITEMS = 20_000


def files_digest(tag: str, files: Mapping[str, str]) -> str:
    """Return ``hex(H(tag ‖ "\\n" ‖ lines))`` over sorted lines ``hex path``.

    Args:
        tag: Purpose of the digest, ``verax/source/v1`` for instance.
        files: SHA-256 (64 hex digits) by path; paths are relative, with forward slashes.

    Raises:
        KernelError: a path or digest that no line can hold.
    """
    lines = sorted(f"{digest} {path}" for path, digest in files.items())
    for line in lines:
        if not _LINE.match(line):
            raise KernelError(f"files: expected a digest and a path on one line, found {line!r}")
    try:
        data = "".join(line + "\n" for line in lines).encode("utf-8")
    except UnicodeEncodeError:
        raise KernelError("files: a path is not Unicode text") from None
    return canonical.tagged_hash(tag, data).hex()


def source_digest(files: Mapping[str, str]) -> str:
    """Return the digest of the package's files and the built web app."""
    return files_digest("verax/source/v1", files)


def portable_digest(source: str, lock: str) -> str:
    """Return ``hex(H(CJ({lock, source})))``."""
    return PortableRuntime(source, lock).digest


@dataclass(frozen=True, slots=True)
class PortableRuntime:
    """The part of a runtime that people admit; `data` is the blob of that name.

    Attributes:
        source: Digest over the package's files, 64 hex digits.
        lock: SHA-256 of the hash-checked lock file, 64 hex digits.
    """

    source: str
    lock: str

    @property
    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.encode({"source": self.source, "lock": self.lock})

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes, 64 hex digits."""
        return canonical.hex_digest(self.data)

    @classmethod
    def parse(cls, data: bytes) -> PortableRuntime:
        """Read canonical bytes strictly.

        Raises:
            CanonicalError: not canonical.
            KernelError: not a portable runtime.
        """
        fields = Fields(canonical.decode(data), "portable runtime", KernelError)
        parsed = cls(fields.digest("source"), fields.digest("lock"))
        fields.close()
        return parsed


@dataclass(frozen=True, slots=True, order=True)
class InstalledPackage:
    """One installed distribution; `digest` covers every file of it."""

    name: str
    version: str
    digest: str


@dataclass(frozen=True, slots=True)
class InstanceManifest:
    """What runs on this machine.

    Attributes:
        portable: The admitted part.
        python: Implementation, version and ABI, ``cpython 3.11.7 cpython-311-x86_64-linux-gnu``.
        platform: Operating system, machine and C library.
        stdlib: Digest over the files of the standard library.
        packages: Every distribution in site-packages.
        path_files: Lines ``hex name`` of the ``.pth`` files that lie there.
        native: Lines ``hex path`` of the native files mapped after start.
        environment: Names of the variables that the process was started with.
    """

    portable: PortableRuntime
    python: str
    platform: str
    stdlib: str
    packages: tuple[InstalledPackage, ...] = ()
    path_files: tuple[str, ...] = ()
    native: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()

    @property
    def data(self) -> bytes:
        """Canonical bytes: the blob that a record's `runtime` names."""
        return canonical.encode(
            {
                "v": 1,
                "source": self.portable.source,
                "lock": self.portable.lock,
                "python": self.python,
                "platform": self.platform,
                "stdlib": self.stdlib,
                "packages": [
                    {"name": item.name, "version": item.version, "digest": item.digest}
                    for item in sorted(set(self.packages))
                ],
                "path_files": sorted(set(self.path_files)),
                "native": sorted(set(self.native)),
                "environment": sorted(set(self.environment)),
            }
        )

    @property
    def digest(self) -> str:
        """What a record's `runtime` holds, 64 hex digits."""
        return canonical.hex_digest(self.data)

    @classmethod
    def parse(cls, data: bytes) -> InstanceManifest:
        """Read canonical bytes strictly; what another order or a repeat would change is refused.

        Raises:
            CanonicalError: not canonical.
            KernelError: not an instance manifest.
        """
        fields = Fields(canonical.decode(data), "instance manifest", KernelError)
        fields.integer("v", 1, 1)
        parsed = cls(
            portable=PortableRuntime(fields.digest("source"), fields.digest("lock")),
            python=fields.text("python", pattern=_NAME, limit=256),
            platform=fields.text("platform", pattern=_NAME, limit=256),
            stdlib=fields.digest("stdlib"),
            packages=tuple(_parse_package(item) for item in fields.sections("packages", limit=_MAX_ITEMS)),
            path_files=fields.texts("path_files", pattern=_LINE, limit=_MAX_ITEMS),
            native=fields.texts("native", pattern=_LINE, limit=_MAX_ITEMS),
            environment=fields.texts("environment", pattern=_NAME, limit=_MAX_ITEMS),
        )
        fields.close()
        if parsed.data != data:
            raise KernelError("instance manifest: its lists are not sorted")
        return parsed


def _parse_package(fields: Fields) -> InstalledPackage:
    name, version = (fields.text(key, pattern=_NAME, limit=256) for key in ("name", "version"))
    package = InstalledPackage(name, version, fields.digest("digest"))
    fields.close()
    return package


def describe_changes(old: InstanceManifest, new: InstanceManifest) -> tuple[str, ...]:
    """Say in plain lines what differs between two manifests; empty when nothing does."""
    pairs = (
        ("source of verax", old.portable.source, new.portable.source),
        ("lock of the dependencies", old.portable.lock, new.portable.lock),
        ("Python", old.python, new.python),
        ("platform", old.platform, new.platform),
        ("standard library", old.stdlib, new.stdlib),
    )
    lines = [f"{name}: {_short(before)} -> {_short(after)}" for name, before, after in pairs if before != after]
    lines += _changed_packages(old.packages, new.packages)
    lines += _changed_files("path file", old.path_files, new.path_files)
    lines += _changed_files("native library", old.native, new.native)
    lines += [f"variable {name}: now set" for name in sorted(set(new.environment) - set(old.environment))]
    lines += [f"variable {name}: no longer set" for name in sorted(set(old.environment) - set(new.environment))]
    return tuple(lines)


def _changed_packages(old: Iterable[InstalledPackage], new: Iterable[InstalledPackage]) -> list[str]:
    before, after = ({item.name: item for item in items} for items in (old, new))
    lines = []
    for name in sorted(before.keys() | after.keys()):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        if left is None or right is None:
            lines.append(f"package {name}: {'added' if left is None else 'removed'}")
        elif left.version != right.version:
            lines.append(f"package {name}: {left.version} -> {right.version}")
        else:
            lines.append(f"package {name} {right.version}: its files changed, the version did not")
    return lines


def _changed_files(kind: str, old: Iterable[str], new: Iterable[str]) -> list[str]:
    before, after = ({line[65:]: line[:64] for line in lines} for lines in (old, new))
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if path not in before or path not in after:
            lines.append(f"{kind} {path}: {'removed' if path in before else 'added'}")
        elif before[path] != after[path]:
            lines.append(f"{kind} {path}: {_short(before[path])} -> {_short(after[path])}")
    return lines


def _short(text: str) -> str:
    return f"{text[:12]}…" if canonical.is_digest(text) else text
