"""Native code mapped into this process (protocol clause 13).

Read from ``/proc/self/maps``: every file with an executable mapping. Elsewhere, where no such
list exists, the extension modules that were imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

from verax.kernel.errors import RuntimeChanged

__all__ = ["mapped_libraries"]

_MAPS = Path("/proc/self/maps")
_SUFFIXES = (".so", ".dylib", ".pyd")


def mapped_libraries() -> frozenset[Path]:
    """Return the files whose code is mapped.

    Raises:
        RuntimeChanged: mapped code whose file was deleted, so that nothing can be hashed.
    """
    if not _MAPS.exists():
        loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        return frozenset(Path(path) for path in loaded if path and path.endswith(_SUFFIXES))
    found = set()
    for line in _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and "x" in fields[1] and fields[5].startswith("/"):
            if fields[5].endswith(" (deleted)"):
                raise RuntimeChanged(
                    f"native code: expected a file, found {fields[5]}",
                    hint="the file was replaced after it was loaded: start the server again",
                )
            found.add(Path(fields[5]))
    return frozenset(found)
