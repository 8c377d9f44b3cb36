"""Where a suite's figures go: onto standard output, and into the file that its first argument names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["output_of", "write_result"]


def output_of(arguments: Sequence[str]) -> Path | None:
    """Return the file that a suite's arguments name, the first that is no option; None where none does."""
    return next((Path(argument) for argument in arguments if not argument.startswith("-")), None)


def write_result(result: Mapping[str, Any], output: Path | None) -> None:
    """Print a result as JSON, and keep it in `output`."""
    text = json.dumps(result, indent=1)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
    print(text)
