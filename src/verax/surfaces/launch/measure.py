"""Name what runs in this process: portable digest and instance manifest (protocol clause 13).

*Order of a measurement.* The package, site-packages and the standard library are hashed on
threads while everything is imported; then what is mapped is listed and hashed; then every
mark is compared again, and every source that ran with the file that was hashed.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import os
import platform
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import verax
from verax.kernel.errors import RuntimeChanged
from verax.kernel.runtime import InstanceManifest, PortableRuntime, files_digest, source_digest
from verax.surfaces.launch import inventory
from verax.surfaces.launch.environment import recorded_names
from verax.surfaces.launch.files import MeasuredFile, hash_files, mark_of, walk_files
from verax.surfaces.launch.native import mapped_libraries
from verax.surfaces.launch.sources import default_hint, executed_sources, save_hint, stop_compiling

__all__ = ["LOCK", "Places", "RuntimeMeasurement", "find_places", "import_everything", "measure_runtime"]

LOCK = Path("surfaces", "launch", "core.lock")
"""The lock of clause 13, below the package's folder."""

_STDLIB_SKIP = frozenset(
    {"__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tests", "turtledemo"}
)
# A script, the fakes, what runs in other processes, and the commands that a server never runs: it imports what it
# needs of them itself.
_NOT_IMPORTED = (
    "verax.drill",
    "verax.gates.ray_spread",
    "verax.gates.worker",
    "verax.surfaces.cli.",
    "verax.surfaces.launch.boot",
    "verax.testing",
    "verax.truth.jobs",
    "verax.truth.worker",
)
_OPTIONAL = frozenset({"psycopg", "psycopg_binary", "psycopg_pool"})
# Loaded by name or at first use by the libraries we run on; loading them now keeps later
# imports, and the system libraries that some bring along, from being a surprise.
_PRELOADED = (
    "bz2",
    "ctypes",
    "encodings.idna",
    "lzma",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)
_SHOWN_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class Places:
    """Where code lies.

    Attributes:
        package: The folder of the package ``verax``.
        locks: Lock files that name what may be installed; the first is the one of clause 13.
        site_packages: The one folder of installed packages.
        stdlib: The folder of the standard library.
        python: Root of the interpreter's installation; paths below it are written relative.
    """

    package: Path
    locks: tuple[Path, ...]
    site_packages: Path
    stdlib: Path
    python: Path


@dataclass(frozen=True, slots=True)
class RuntimeMeasurement:
    """What was measured.

    Attributes:
        manifest: The instance manifest.
        files: Every file behind it, by its real path, for the seal.
        places: Where they were found.
    """

    manifest: InstanceManifest
    files: Mapping[Path, MeasuredFile]
    places: Places

    @property
    def portable(self) -> str:
        """Portable digest: what people admit; the blob of that name is `portable_data`."""
        return self.manifest.portable.digest

    @property
    def portable_data(self) -> bytes:
        """Canonical bytes of the portable part."""
        return self.manifest.portable.data

    @property
    def instance(self) -> bytes:
        """Canonical bytes of the instance manifest: the blob that a record's `runtime` names."""
        return self.manifest.data

    @property
    def digest(self) -> str:
        """Digest of the instance manifest: what a record's `runtime` holds."""
        return self.manifest.digest


def find_places() -> Places:
    """Return the places of this process's own code."""
    package = Path(verax.__file__).resolve().parent
    lock = package / LOCK
    others = sorted(set(lock.resolve().parent.glob("*.lock")) - {lock.resolve()})
    return Places(
        package=package,
        locks=(lock, *others),
        site_packages=Path(sysconfig.get_path("platlib")).resolve(),
        stdlib=Path(os.__file__).resolve().parent,
        python=Path(sys.base_prefix).resolve(),
    )


def measure_runtime(places: Places | None = None, environ: Mapping[str, str] | None = None) -> RuntimeMeasurement:
    """Import everything, measure everything, and check that nothing moved meanwhile.

    Args:
        places: Where code lies; this process's own places when omitted.
        environ: The variables this process runs with; `os.environ` when omitted.

    Raises:
        RuntimeChanged: site-packages holds what no locked package installed, a file changed
            while it was measured, or the path leads to a place that is not measured.
    """
    places = places or find_places()
    _check_path(places)
    with ThreadPoolExecutor(1, thread_name_prefix="verax-measure") as pool:
        pending = pool.submit(_hash_places, places)
        import_everything(places.package)
        groups = pending.result()
    stop_compiling()
    locked = inventory.read_locks(places.locks)
    distributions = inventory.read_distributions(places.site_packages)
    installed = _relative(groups["site"], places.site_packages)
    _refuse(inventory.check_files(distributions, installed, locked), places.site_packages)
    files = {path: measured for group in groups.values() for path, measured in group.items()}
    native = mapped_libraries()
    files |= hash_files(native - files.keys())
    _check_unmoved(files)
    _check_executed(files)
    save_hint(default_hint())
    gc.freeze()
    gc.enable()
    source = source_digest(_digests(groups["source"], places.package.parent))
    manifest = InstanceManifest(
        portable=PortableRuntime(source, hashlib.sha256(places.locks[0].read_bytes()).hexdigest()),
        python=f"{sys.implementation.name} {platform.python_version()} {sysconfig.get_config_var('SOABI')}",
        platform=f"{sys.platform} {platform.machine()} {' '.join(platform.libc_ver())}".strip(),
        stdlib=files_digest("verax/stdlib/v1", _digests(groups["stdlib"], places.stdlib)),
        packages=inventory.installed_packages(distributions, installed),
        path_files=tuple(f"{installed[name].digest} {name}" for name in installed if _is_path_file(name)),
        native=tuple(f"{files[path].digest} {_shown(path, places)}" for path in native),
        environment=recorded_names(os.environ if environ is None else environ),
    )
    return RuntimeMeasurement(manifest, files, places)


def import_everything(package: Path) -> None:
    """Import every module that a server can need, and what its libraries load by name.

    A module that needs a package of an extra which is not installed is left out.
    """
    for name in sorted((*_module_names(package), *_PRELOADED)):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in _OPTIONAL:
                raise


def _module_names(package: Path) -> Iterator[str]:
    for path in walk_files(package):
        if path.suffix == ".py":
            parts = path.relative_to(package.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            if not name.startswith(_NOT_IMPORTED) and parts[-1] != "__main__":
                yield name


def _hash_places(places: Places) -> dict[str, dict[Path, MeasuredFile]]:
    # The standard library is code and extension modules; its data files cannot run.
    stdlib = (path for path in walk_files(places.stdlib, _STDLIB_SKIP) if path.suffix in (".py", ".so"))
    return {
        "source": hash_files(walk_files(places.package)),
        "site": hash_files(walk_files(places.site_packages)),
        "stdlib": hash_files(stdlib),
    }


def _check_path(places: Places) -> None:
    """Refuse a module path that leads anywhere else; the unit tests' own path is one."""
    zipped = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    known = {places.package.parent, places.site_packages, places.stdlib, places.stdlib / "lib-dynload"}
    for entry in sys.path:
        path = Path(entry).resolve()
        if path not in known and not (path.name == zipped and not path.exists()):
            raise RuntimeChanged(
                f"module path: expected the package, site-packages and the standard library, found {entry!r}",
                hint="start the server with: verax up",
                code="runtime/injected",
            )


def _refuse(findings: Iterable[inventory.Finding], site_packages: Path) -> None:
    lines = [f"{site_packages / item.path}: {item.problem}" for item in findings]
    if lines:
        more = f"\n  and {len(lines) - _SHOWN_FINDINGS} more" if len(lines) > _SHOWN_FINDINGS else ""
        listed = "".join(f"\n  {line}" for line in lines[:_SHOWN_FINDINGS])
        raise RuntimeChanged(
            f"installed packages: expected exactly what the lock names, found {len(lines)} differences:{listed}{more}",
            hint="if you did not do this, find out who did; then install again: make clean, then make up",
        )


def _check_unmoved(files: Mapping[Path, MeasuredFile]) -> None:
    for path, measured in files.items():
        if mark_of(path) != measured.mark:
            raise RuntimeChanged(
                f"{path}: expected one content while the server starts, found that it changed",
                hint="wait until the change is complete, then start again",
            )


def _check_executed(files: Mapping[Path, MeasuredFile]) -> None:
    """Compare what was compiled with what lies on the disk now."""
    for name, digest in executed_sources().items():
        measured = files.get(Path(name)) or files.get(Path(name).resolve())
        if measured is None or measured.digest != digest:
            raise RuntimeChanged(
                f"{name}: expected what was imported a moment ago, found {'other content' if measured else 'no file'}",
                hint="wait until the change is complete, then start again",
            )


def _relative(files: Mapping[Path, MeasuredFile], root: Path) -> dict[str, MeasuredFile]:
    return {path.relative_to(root).as_posix(): measured for path, measured in files.items()}


def _digests(files: Mapping[Path, MeasuredFile], root: Path) -> dict[str, str]:
    return {path: measured.digest for path, measured in _relative(files, root).items()}


def _is_path_file(name: str) -> bool:
    return name.endswith(".pth") and "/" not in name


def _shown(path: Path, places: Places) -> str:
    """Write a path without the folders of one machine or person."""
    for label, root in (("site-packages", places.site_packages), ("python", places.python)):
        if path.is_relative_to(root):
            return f"{label}:{path.relative_to(root).as_posix()}"
    return path.as_posix()
