"""From a folder with public sets to suites that `verax gate compare` runs.

* A set is a folder with files of JSON lines, packed with gzip; `verax.gates.public.sets` says which files and fields.
* The seed draws which rows are asked, so two runs with one seed and one folder ask the same.
* The digest covers the rows' bytes and the code that turns them into items: another copy of a set is another suite.
* Nothing is signed: whoever judges a gate's report again would need the same rows, and a root document can name only
  suites that every installation has (ADR 0085).
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verax.gates.draw import Draw
from verax.gates.items import Item
from verax.gates.public.sets import PUBLIC_SETS, PublicSet
from verax.gates.suite import Suite
from verax.kernel.errors import ConfigError, UnknownObject

__all__ = ["find_public_sets", "load_public_set"]

_MOST_ITEMS = 200
_MAX_TOKENS = 96
_MAX_FILE_BYTES = 256 * 2**20


@dataclass(frozen=True, slots=True)
class _RowBank:
    """Every item that a set can give, in the order of its rows."""

    items: tuple[Item, ...]

    def draw(self, seed: str, label: str, count: int, offers: frozenset[str] = frozenset()) -> tuple[Item, ...]:  # noqa: ARG002 - a bank's signature
        """Return `count` of the items, in a drawn order; all of them where there are not so many."""
        return tuple(Draw(seed, label).shuffled(self.items)[:count])


def find_public_sets(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of the sets that a folder has, and of those that it lacks, in order."""
    names = sorted(PUBLIC_SETS)
    found = [name for name in names if all((folder / path).is_file() for path in PUBLIC_SETS[name].files)]
    return found, [name for name in names if name not in found]


def load_public_set(name: str, folder: Path) -> Suite:
    """Load a public set from a folder.

    Raises:
        UnknownObject: no set of that name can be read.
        ConfigError: the folder does not hold it, or its rows have another form.
    """
    found = PUBLIC_SETS.get(name)
    if found is None:
        raise UnknownObject(f"public set {name[:64]!r}: this version reads {', '.join(sorted(PUBLIC_SETS))}")
    data = {path: _read(name, folder / path) for path in found.files}
    items = tuple(_items(name, found, data))
    if not items:
        raise ConfigError(f"public set {name}: {folder} holds no row of it", code="gates/public-set")
    return Suite(
        name=name,
        title=found.title,
        measures=found.measures,
        criterion="",
        blind_spots=found.blind_spots,
        size=min(_MOST_ITEMS, len(items)),
        max_tokens=_MAX_TOKENS,
        uses_head=False,
        opens_prompts=False,
        channels="release",
        on_request=True,
        floors={},
        digest=_digest(data),
        bank=_RowBank(items),
        score=found.score,
    )


def _items(name: str, found: PublicSet, data: dict[str, bytes]) -> Iterator[Item]:
    try:
        rows = tuple([_row(line) for line in content.splitlines() if line] for content in data.values())
        yield from found.items(*rows)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"public set {name}: its rows have another form ({type(error).__name__})",
            hint=f"expected the fields that verax.gates.public.sets names, in {', '.join(found.files)}",
            code="gates/public-set",
        ) from None


def _row(line: bytes) -> dict[str, Any]:
    row = json.loads(line)
    if not isinstance(row, dict):
        raise TypeError("expected an object a line")
    return row


def _read(name: str, path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            data = file.read(_MAX_FILE_BYTES + 1)
    except (OSError, EOFError) as error:
        raise ConfigError(
            f"public set {name}: {path} cannot be read: {error}",
            hint="give the folder that holds it",
            code="gates/public-set",
        ) from None
    if len(data) > _MAX_FILE_BYTES:
        raise ConfigError(f"public set {name}: {path} has over {_MAX_FILE_BYTES} bytes", code="gates/public-set")
    return data


def _digest(data: dict[str, bytes]) -> str:
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    parts = [hashlib.sha256(part).hexdigest() for part in (*data.values(), *code)]
    return hashlib.sha256(("verax/public-set/v1\n" + "\n".join(parts)).encode()).hexdigest()
