"""Watch the measured code while a server runs (protocol clause 13).

After `Seal.start`:

* *Imports.* A module is imported only from a file that was measured and still has its digest;
  any other import fails. So a late import brings no code that the manifest does not name.
* *Files.* A thread looks at a few files every moment, and at all of them every `interval_s`
  seconds. Another mark means hashing again; another digest, a file that vanished, or one that
  appeared in a watched folder is a violation.
* *Native code.* A file whose code becomes mapped and was not measured is a violation.

A violation is final: `check_sealed` raises from then on, so no new turn starts, and
`on_violation` is called once for each path. Not seen here: code that a program builds in
memory, and changes of memory itself (clause 15).
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from verax.kernel.errors import RuntimeChanged
from verax.surfaces.launch.files import FileMark, MeasuredFile, hash_file, mark_of
from verax.surfaces.launch.measure import RuntimeMeasurement
from verax.surfaces.launch.native import mapped_libraries

__all__ = ["Seal", "Violation"]

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Violation:
    """What was seen; `path` is a file, a folder's new entry or the name of a module."""

    kind: Literal["file", "import", "native"]
    path: str
    detail: str

    def __str__(self) -> str:
        return f"{self.path}: {self.detail}"


class Seal:
    """A measured runtime under watch.

    Args:
        measurement: What was measured; nothing else may run.
        on_violation: Called once for each path, on the thread that saw it; it must not block.
        interval_s: Time in which every file is looked at once.
    """

    def __init__(
        self, measurement: RuntimeMeasurement, on_violation: Callable[[Violation], None], *, interval_s: float = 5.0
    ) -> None:
        self._measurement = measurement
        self._on_violation = on_violation
        self._interval_s = interval_s
        self._files = dict(measurement.files)
        self._folders = _folders_of(measurement)
        self._violations: dict[str, Violation] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._guard = _ImportGuard(self)

    @property
    def portable(self) -> str:
        """Portable digest: what people admit."""
        return self._measurement.portable

    @property
    def digest(self) -> str:
        """Digest of the instance manifest: what records name."""
        return self._measurement.digest

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What was seen so far, in order."""
        return tuple(self._violations.values())

    def check_sealed(self) -> None:
        """Raise `RuntimeChanged` when code changed after it was measured."""
        for first in self._violations.values():
            raise RuntimeChanged(
                f"runtime {self.digest[:12]}…: expected the code that was measured, found {first}",
                hint="find out who changed it; then start the server again",
            )

    def check_code(self, digests: Mapping[str, str]) -> None:
        """Refuse code that a process of ours ran and that was not measured; a violation like any other.

        Args:
            digests: SHA-256 by real path, as that process says it; believe it as far as its own first lines.

        Raises:
            RuntimeChanged: a file that is not part of the measured runtime, or another content.
        """
        for path, digest in digests.items():
            measured = self._files.get(Path(path))
            if measured is None or measured.digest != digest:
                detail = "a process ran another content" if measured else "a process ran what was not measured"
                self.report(Violation("file", path, detail))
        self.check_sealed()

    def start(self) -> None:
        """Guard imports and start to watch; the caller imported everything before."""
        sys.meta_path.insert(0, self._guard)
        _install_hook(self._guard)
        self._thread = threading.Thread(target=self._watch, name="verax-seal", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching; safe to call twice."""
        self._stopping.set()
        _forget_hook(self._guard)
        with contextlib.suppress(ValueError):
            sys.meta_path.remove(self._guard)
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def check_now(self) -> tuple[Violation, ...]:
        """Look at everything once, on this thread, and return all violations so far."""
        self._check_files(tuple(self._files))
        for folder in tuple(self._folders):
            self._check_folder(folder)
        self._check_process()
        return self.violations

    def report(self, violation: Violation) -> None:
        """Note a violation and call `on_violation` if its path is new."""
        with self._lock:
            if violation.path in self._violations:
                return
            self._violations[violation.path] = violation
        self._on_violation(violation)

    def is_measured(self, path: Path) -> bool:
        """Say whether `path` was measured and still has the digest it had."""
        measured = self._files.get(path) or self._files.get(path.resolve())
        return measured is not None and self._is_same(path, measured)

    def _watch(self) -> None:
        paths = tuple(self._files)
        batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
        pause_s = self._interval_s / (len(batches) + 1)
        while not self._stopping.is_set():
            for batch in batches:
                self._check_files(batch)
                if self._stopping.wait(pause_s):
                    return
            for folder in tuple(self._folders):
                self._check_folder(folder)
            self._check_process()
            self._stopping.wait(pause_s)

    def _check_files(self, paths: Sequence[Path]) -> None:
        for path in paths:
            mark = mark_of(path)
            if mark is None:
                self.report(Violation("file", str(path), "the file vanished"))
            elif mark != self._files[path].mark and not self._is_same(path, self._files[path]):
                self.report(Violation("file", str(path), "its content changed"))

    def _is_same(self, path: Path, measured: MeasuredFile) -> bool:
        try:
            found = hash_file(path)
        except RuntimeChanged:
            return False
        if found.digest != measured.digest:
            return False
        if path in self._files:
            self._files[path] = found
        return True

    def _check_folder(self, folder: Path) -> None:
        mark = mark_of(folder)
        if mark is None or mark == self._folders[folder]:
            return  # a folder that vanished took measured files with it, which `_check_files` sees
        for entry in folder.iterdir():
            if entry.name != "__pycache__" and entry not in self._files and entry not in self._folders:
                self.report(Violation("file", str(entry), "it appeared after the start"))
        self._folders[folder] = mark

    def _check_process(self) -> None:
        if self._thread is not None:
            self._guard.check_import(None)
        try:
            mapped = mapped_libraries()
        except RuntimeChanged as error:
            self.report(Violation("native", "native code", error.message))
            return
        for path in mapped - self._files.keys():
            self.report(Violation("native", str(path), "native code that was not measured is mapped"))


class _ImportGuard:
    """First finder on the path: lets an import through when its file was measured."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec that the other finders find, or refuse it.

        Raises:
            ModuleNotFoundError: the module's file was not measured or has changed.
        """
        for finder in sys.meta_path:
            if finder is self:
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                self._check(spec)
                return spec
        return None

    def check_import(self, filename: str | None) -> None:
        """Report an import that goes around this finder, or that loads an unmeasured library."""
        if not sys.meta_path or sys.meta_path[0] is not self:
            self._seal.report(Violation("import", "sys.meta_path", "another finder was put before the seal's"))
        if filename and not self._seal.is_measured(Path(filename)):
            self._seal.report(Violation("import", filename, "the library was not measured"))

    def _check(self, spec: ModuleSpec) -> None:
        if spec.origin in ("built-in", "frozen"):
            return  # part of the interpreter's own file, which is mapped and measured
        if spec.submodule_search_locations is not None and spec.origin is None:
            return  # a namespace package: a folder without code of its own
        if spec.origin is None or not self._seal.is_measured(Path(spec.origin)):
            self._seal.report(Violation("import", spec.name, f"imported after the start from {spec.origin}"))
            raise ModuleNotFoundError(f"{spec.name}: the runtime is sealed and did not measure it", name=spec.name)


_guards: list[_ImportGuard] = []
_hooked = False


def _install_hook(guard: _ImportGuard) -> None:
    """Add the process's one audit hook; hooks cannot be removed, so it serves every seal."""
    global _hooked
    _guards.append(guard)
    if not _hooked:
        _hooked = True
        sys.addaudithook(_audit)


def _forget_hook(guard: _ImportGuard) -> None:
    with contextlib.suppress(ValueError):
        _guards.remove(guard)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    # Every audited event of the process comes here, so the common case must end at once.
    if event == "import" and _guards:
        _guards[-1].check_import(arguments[1])


def _folders_of(measurement: RuntimeMeasurement) -> dict[Path, FileMark | None]:
    """Return the folders to watch, not yet looked at: something may have appeared since the measurement."""
    watched = (measurement.places.package, measurement.places.site_packages)
    return {
        parent: None
        for path in measurement.files
        for root in watched
        if path.is_relative_to(root)
        for parent in path.parents
        if parent == root or parent.is_relative_to(root)
    }
