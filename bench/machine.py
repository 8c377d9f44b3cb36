"""What the figures were taken on; written beside every result."""

from __future__ import annotations

import os
import platform
from pathlib import Path

__all__ = ["describe"]


def describe() -> dict[str, object]:
    """Return the machine in words: processor, cores, memory, kernel, Python, load just before the run."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": os.cpu_count(),
        "memory_mib": _memory_mib(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def _memory_mib() -> int | None:
    found = _first("/proc/meminfo", "MemTotal")
    return int(found.split()[0]) // 1024 if found else None


def _first(path: str, key: str) -> str:
    source = Path(path)
    if not source.exists():
        return ""
    for line in source.read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""
