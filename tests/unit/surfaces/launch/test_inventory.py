"""Clause 13: unexpected files in site-packages fail."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from verax.surfaces.launch.files import hash_files, walk_files
from verax.surfaces.launch.inventory import (
    Finding,
    check_files,
    installed_packages,
    read_distributions,
    read_locks,
)

LOCKED = {"nice-lib": {"1.0"}}


def install(site: Path, name: str = "nice_lib", version: str = "1.0", *, hashed: bool = True) -> None:
    """Lay out a distribution as an installer does."""
    files = {
        f"{name}/__init__.py": "x = 1\n",
        f"{name}/_native.so": "\x7fELF",
        f"{name}-{version}.dist-info/METADATA": "m",
    }
    rows = [f"../../../bin/{name},sha256=abc,1", f"{name}/__pycache__/__init__.cpython-311.pyc,,"]
    for path, text in files.items():
        target = site / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        value = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        rows.append(f"{path},{'sha256=' + value if hashed else ''},{len(text)}")
    rows.append(f"{name}-{version}.dist-info/RECORD,,")
    (site / f"{name}-{version}.dist-info" / "RECORD").write_text("\n".join(rows) + "\n")


def findings_of(site: Path, locked: dict[str, set[str]] | None = None) -> list[Finding]:
    files = {path.relative_to(site).as_posix(): item for path, item in hash_files(walk_files(site)).items()}
    return check_files(read_distributions(site), files, LOCKED if locked is None else locked)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path)
    return tmp_path


def test_an_installation_as_the_installer_left_it_has_no_findings(site: Path) -> None:
    assert findings_of(site) == []


def test_cached_bytecode_is_not_code_that_can_run_and_is_left_out(site: Path) -> None:
    (site / "nice_lib" / "__pycache__").mkdir()
    (site / "nice_lib" / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"poison")
    assert findings_of(site) == []


def test_one_changed_line_is_found(site: Path) -> None:
    (site / "nice_lib" / "__init__.py").write_text("x = 2\n")
    assert findings_of(site) == [Finding("nice_lib/__init__.py", "changed since nice-lib was installed")]


def test_an_added_path_file_is_found(site: Path) -> None:
    (site / "evil.pth").write_text("import os\n")
    assert findings_of(site) == [Finding("evil.pth", "no package installed it")]


@pytest.mark.parametrize(
    "name", ["sitecustomize.py", "nice_lib/extra.py", "nice_lib/extra.pyc", "other/__init__.py", "z.so"]
)
def test_a_file_that_no_package_installed_is_found(site: Path, name: str) -> None:
    target = site / name
    target.parent.mkdir(exist_ok=True)
    target.write_text("")
    assert findings_of(site) == [Finding(name, "no package installed it")]


def test_a_missing_file_is_found(site: Path) -> None:
    (site / "nice_lib" / "_native.so").unlink()
    assert findings_of(site) == [Finding("nice_lib/_native.so", "missing; nice-lib installed it")]


def test_a_package_that_no_lock_names_is_found(site: Path) -> None:
    install(site, "stranger", "2.0")
    assert findings_of(site) == [Finding("stranger-2.0.dist-info", "no lock names stranger 2.0")]


def test_another_version_than_the_locked_one_is_found(site: Path) -> None:
    assert findings_of(site, {"nice-lib": {"1.1"}}) == [Finding("nice_lib-1.0.dist-info", "no lock names nice-lib 1.0")]


def test_an_empty_lock_allows_nothing(site: Path) -> None:
    assert findings_of(site, {}) == [Finding("nice_lib-1.0.dist-info", "no lock names nice-lib 1.0")]


def test_a_record_without_digests_vouches_for_nothing(tmp_path: Path) -> None:
    install(tmp_path, hashed=False)
    assert [item.path for item in findings_of(tmp_path)] == ["nice_lib/__init__.py", "nice_lib/_native.so"]


def test_a_distribution_without_a_record_claims_nothing(site: Path) -> None:
    (site / "nice_lib-1.0.dist-info" / "RECORD").unlink()
    assert {item.problem for item in findings_of(site)} == {"no package installed it"}
    assert len(findings_of(site)) == 3


def test_a_record_written_anew_changes_the_digest_of_the_package(site: Path) -> None:
    def digest() -> str:
        files = {path.relative_to(site).as_posix(): item for path, item in hash_files(walk_files(site)).items()}
        return installed_packages(read_distributions(site), files)[0].digest

    before = digest()
    source = site / "nice_lib" / "__init__.py"
    record = site / "nice_lib-1.0.dist-info" / "RECORD"
    old = base64.urlsafe_b64encode(hashlib.sha256(source.read_bytes()).digest()).rstrip(b"=").decode()
    source.write_text("x = 3\n")
    new = base64.urlsafe_b64encode(hashlib.sha256(source.read_bytes()).digest()).rstrip(b"=").decode()
    record.write_text(record.read_text().replace(old, new))
    assert findings_of(site) == []
    assert digest() != before


def test_locks_name_versions_by_normalised_name(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    lock.write_text("Nice_Lib==1.0 ; python_version < '4' \\\n    --hash=sha256:00\nother.lib==2\n# x==3\n")
    assert read_locks([lock]) == {"nice-lib": {"1.0"}, "other-lib": {"2"}}
