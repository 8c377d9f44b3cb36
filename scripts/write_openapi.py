"""Write the OpenAPI document without a server: ``write_openapi.py OUT``.

The web app's wire types are made from it, the events of a run included (`StreamEvent`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from verax.surfaces.http.openapi import openapi_document


def main(arguments: list[str]) -> int:
    """Write the document to the file named, and make its folder."""
    if len(arguments) != 1:
        print("usage: write_openapi.py OUT", file=sys.stderr)
        return 2
    text = json.dumps(openapi_document(), ensure_ascii=False, indent=2)
    target = Path(arguments[0])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"{text}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
