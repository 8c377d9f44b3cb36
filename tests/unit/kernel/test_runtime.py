"""Clause 13: portable digest, instance manifest, what changed between two."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from verax.kernel import canonical
from verax.kernel.errors import CanonicalError, KernelError
from verax.kernel.runtime import (
    InstalledPackage,
    InstanceManifest,
    PortableRuntime,
    describe_changes,
    files_digest,
    portable_digest,
    source_digest,
)

A, B, C = ("a" * 64, "b" * 64, "c" * 64)

MANIFEST = InstanceManifest(
    portable=PortableRuntime(A, B),
    python="cpython 3.11.7 cpython-311-x86_64-linux-gnu",
    platform="linux x86_64 glibc 2.36",
    stdlib=C,
    packages=(InstalledPackage("anyio", "4.16.0", A), InstalledPackage("click", "8.5.1", B)),
    path_files=(f"{A} verax.pth",),
    native=(f"{B} /lib/libc.so.6",),
    environment=("HOME", "PATH"),
)


def test_the_source_digest_is_a_tagged_hash_over_sorted_lines() -> None:
    lines = f"{A} verax/b.py\n{B} verax/a.py\n".encode()
    expected = hashlib.sha256(b"verax/source/v1\n" + lines).hexdigest()
    assert source_digest({"verax/a.py": B, "verax/b.py": A}) == expected


def test_the_order_in_which_files_are_found_does_not_matter() -> None:
    assert source_digest({"a": A, "b": B}) == source_digest({"b": B, "a": A})


def test_moving_a_digest_to_another_path_changes_the_source_digest() -> None:
    assert source_digest({"a": A, "b": B}) != source_digest({"a": B, "b": A})


@pytest.mark.parametrize("files", [{"two\nlines": A}, {"": A}, {"a": "short"}, {"a": A.upper()}, {"\udc80": A}])
def test_a_path_or_digest_that_no_line_can_hold_is_refused(files: dict[str, str]) -> None:
    with pytest.raises(KernelError):
        files_digest("verax/source/v1", files)


def test_the_portable_digest_is_the_hash_of_canonical_source_and_lock() -> None:
    expected = hashlib.sha256(f'{{"lock":"{B}","source":"{A}"}}'.encode()).hexdigest()
    assert portable_digest(A, B) == expected
    assert portable_digest(B, A) != expected


def test_a_portable_runtime_reads_back_from_its_own_bytes() -> None:
    portable = PortableRuntime(A, B)
    assert PortableRuntime.parse(portable.data) == portable


@pytest.mark.parametrize(
    "value", [{"source": A}, {"source": A, "lock": "x"}, {"source": A, "lock": B, "more": 1}, [A, B]]
)
def test_a_portable_runtime_with_other_fields_is_refused(value: canonical.Json) -> None:
    with pytest.raises(KernelError):
        PortableRuntime.parse(canonical.encode(value))


def test_the_record_names_the_hash_of_the_manifest_bytes() -> None:
    assert MANIFEST.digest == hashlib.sha256(MANIFEST.data).hexdigest()


def test_a_manifest_reads_back_from_its_own_bytes() -> None:
    assert InstanceManifest.parse(MANIFEST.data) == MANIFEST


def test_a_manifest_is_the_same_bytes_in_whatever_order_its_parts_were_found() -> None:
    shuffled = replace(
        MANIFEST, packages=MANIFEST.packages[::-1], native=MANIFEST.native * 2, environment=("PATH", "HOME", "PATH")
    )
    assert shuffled.data == MANIFEST.data


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"environment": ["PATH", "HOME"]},
        {"native": ["no digest"]},
        {"path_files": [f"{A} a\nb"]},
        {"packages": [{"name": "x", "version": "1", "digest": A, "more": 1}]},
        {"packages": [{"name": "x", "version": "1"}]},
        {"stdlib": "none"},
        {"extra": 1},
    ],
)
def test_a_manifest_that_differs_from_its_canonical_form_is_refused(change: dict[str, canonical.Json]) -> None:
    value = {**canonical.decode(MANIFEST.data), **change}
    with pytest.raises(KernelError):
        InstanceManifest.parse(canonical.encode(value))


def test_manifest_bytes_that_are_not_canonical_are_refused() -> None:
    with pytest.raises(CanonicalError):
        InstanceManifest.parse(MANIFEST.data + b"\n")


def test_equal_manifests_have_no_changes() -> None:
    assert describe_changes(MANIFEST, MANIFEST) == ()


def test_every_kind_of_change_is_named() -> None:
    other = InstanceManifest(
        portable=PortableRuntime(B, C),
        python="cpython 3.12.1 cpython-312-x86_64-linux-gnu",
        platform="linux aarch64 glibc 2.36",
        stdlib=A,
        packages=(InstalledPackage("click", "8.5.1", C), InstalledPackage("yarl", "1.0", A)),
        path_files=(f"{B} verax.pth", f"{A} evil.pth"),
        native=(),
        environment=("HOME", "TZ"),
    )
    lines = describe_changes(MANIFEST, other)
    assert lines == (
        "source of verax: aaaaaaaaaaaa… -> bbbbbbbbbbbb…",
        "lock of the dependencies: bbbbbbbbbbbb… -> cccccccccccc…",
        "Python: cpython 3.11.7 cpython-311-x86_64-linux-gnu -> cpython 3.12.1 cpython-312-x86_64-linux-gnu",
        "platform: linux x86_64 glibc 2.36 -> linux aarch64 glibc 2.36",
        "standard library: cccccccccccc… -> aaaaaaaaaaaa…",
        "package anyio: removed",
        "package click 8.5.1: its files changed, the version did not",
        "package yarl: added",
        "path file evil.pth: added",
        "path file verax.pth: aaaaaaaaaaaa… -> bbbbbbbbbbbb…",
        "native library /lib/libc.so.6: removed",
        "variable TZ: now set",
        "variable PATH: no longer set",
    )


def test_a_new_version_of_a_package_is_named_with_both_versions() -> None:
    newer = replace(MANIFEST, packages=(InstalledPackage("anyio", "4.17.0", C), MANIFEST.packages[1]))
    assert describe_changes(MANIFEST, newer) == ("package anyio: 4.16.0 -> 4.17.0",)
