"""Refuse what must never be committed: addresses of package registries, paths of one machine, locks with addresses.

A hash says which file is meant; an address would say whose server to trust, and would fail behind a mirror.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from check_shape import ROOT, tracked_files

# Built from pieces, so that this file does not find itself.
_REGISTRIES = (
    "files.python" + "hosted",
    "pypi" + ".org",
    "registry.npm" + "js",
    "deb.debian" + ".org",
    "proxy.gol" + "ang",
)
_MACHINE_PATHS = ("/wo" + "rk/", "/ro" + "ot/")
_FORBIDDEN = re.compile("|".join(map(re.escape, (*_REGISTRIES, *_MACHINE_PATHS))))
# package-lock.json carries the home pages of funders, so only its download fields count.
_LOCK_ADDRESS = {
    ".lock": re.compile(r"https?://|file:|--(?:extra-)?index|--find-links"),
    ".json": re.compile(r"\"resolved\":"),
}
_MAX_FILE_BYTES = 2 * 2**20
# Weights that must work offline at once, by their digest; how they are made stands beside them.
_ENCODER = "bd9de06059c10251c3d1ab6af82f3afcf5383667cb2a8ac6c73ff30d30828998"
# Folders whose manifest names weights by their digest, and the field that holds it.
_WEIGHTS = {
    ROOT / "src" / "verax" / "truth" / "verifier" / "weights": "weights",
    ROOT / "src" / "verax" / "guard" / "classifiers" / "weights": "guard.int8.onnx",
}
_MAX_WEIGHTS_BYTES = 40 * 10**6


def main() -> int:
    """Print every violation; 1 if there was one."""
    found = [problem for path in tracked_files(ROOT) for problem in problems_of(path)]
    for problem in found:
        print(problem)
    return 1 if found else 0


def problems_of(path: Path) -> Iterator[str]:
    """Yield what one file may not hold."""
    if path.is_symlink() and not path.resolve().is_relative_to(ROOT):
        yield f"{path}: a link that leads out of the repository"
        return
    size = path.stat().st_size
    if size > _MAX_FILE_BYTES:
        if _is_pinned(path, size):
            return
        yield f"{path}: {size} bytes; files over {_MAX_FILE_BYTES} do not belong in the repository"
        return
    for number, line in enumerate(path.read_bytes().decode("utf-8", "replace").splitlines(), 1):
        if match := _FORBIDDEN.search(line):
            yield f"{path}:{number}: names a registry or a path of one machine: {match[0]}"
        if is_lock(path) and _LOCK_ADDRESS[path.suffix].search(line):
            yield f"{path}:{number}: a lock holds an address"


def _is_pinned(path: Path, size: int) -> bool:
    """Say whether a file is the encoder, or weights that the manifest beside them names."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.parent not in _WEIGHTS:
        return digest == _ENCODER
    manifest = json.loads((path.parent / "manifest.json").read_text(encoding="utf-8"))
    return size <= _MAX_WEIGHTS_BYTES and bool(digest == manifest[_WEIGHTS[path.parent]])


def is_lock(path: Path) -> bool:
    """Say whether `path` is a lock file of any of our package managers."""
    return path.suffix == ".lock" or path.name == "package-lock.json"


if __name__ == "__main__":
    sys.exit(main())
