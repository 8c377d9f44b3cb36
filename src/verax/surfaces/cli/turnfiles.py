"""The file of an opened turn: what its owner hands to another installation, to be answered again there.

It holds the turn's secret and every text of its prompt, so it is written for its owner alone. Nothing in it
is believed: receipt, segments and release are checked against the record and its signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verax.kernel import canonical
from verax.kernel.errors import RecordError, ReleaseError
from verax.kernel.receipt import Receipt
from verax.kernel.record import Record, TurnSecret
from verax.kernel.release import Release
from verax.kernel.segments import Segment

__all__ = ["OpenedPrompt", "TurnFile"]


@dataclass(frozen=True, slots=True)
class OpenedPrompt:
    """What the server opened of one turn.

    Attributes:
        release: The release that the record names; None where the server does not hold it.
    """

    record: Record
    secret: TurnSecret
    segments: tuple[Segment, ...]
    release: Release | None


@dataclass(frozen=True, slots=True)
class TurnFile:
    """An opened turn with its receipt, and the reply where it was kept."""

    receipt: Receipt
    opened: OpenedPrompt
    reply: bytes | None = None

    def to_bytes(self) -> bytes:
        """Return the file."""
        opened = self.opened
        value: dict[str, canonical.Json] = {
            "v": 1,
            "receipt": self.receipt.to_bytes().decode("utf-8"),
            "secret": opened.secret.data.hex(),
            "segments": [{"by": item.by, "role": item.role, "text": item.text} for item in opened.segments],
        }
        if opened.release is not None:
            value["release"] = opened.release.data.decode("utf-8")
        if self.reply is not None:
            value["reply"] = self.reply.decode("utf-8")
        return canonical.encode(value)

    @classmethod
    def parse(cls, data: bytes) -> TurnFile:
        """Read a file that ``verax receipt open --save`` wrote.

        Raises:
            KernelError: it is something else, or its release is not the one of its record.
        """
        value: Any = canonical.decode(data)
        try:
            receipt = Receipt.parse(value["receipt"].encode("utf-8"))
            release = Release.from_bytes(value["release"].encode("utf-8")) if "release" in value else None
            segments = tuple(Segment(item["by"], item["role"], item["text"]) for item in value["segments"])
            secret = TurnSecret(canonical.hex_decode(value["secret"], 32))
            reply = value["reply"].encode("utf-8") if "reply" in value else None
        except (KeyError, TypeError, AttributeError):
            raise RecordError(
                "turn file: expected what verax receipt open --save writes",
                hint='save the turn with "verax receipt open ID --save FILE"',
            ) from None
        if release is not None and release.id != receipt.record.release:
            raise ReleaseError("turn file: its release is not the one that the record names")
        return cls(receipt, OpenedPrompt(receipt.record, secret, segments, release), reply)
