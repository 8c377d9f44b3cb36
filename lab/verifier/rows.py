"""Labelled pairs of a claim and its evidence, as the public sets give them.

* A set that is there to measure with is never trained on: `training_rows` refuses a file that holds one of its rows.
* Marks of treebanks (``-LRB-``, double backticks) are undone, in training and in use alike, since they tell a model
  which public set a text comes from.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

TEST_ONLY = frozenset(
    {
        "begin_wow_test",
        "expertqa_claims",
        "fever_symmetric_v0.1_generated",
        "fever_symmetric_v0.2_dev",
        "fever_symmetric_v0.2_test",
        "snli_cat_test",
        "summedits_ectsum",
        "summedits_news",
        "summedits_podcast",
        "summedits_qmsumm",
        "summedits_sales_call",
        "summedits_sales_email",
        "summedits_samsum",
        "summedits_scitldr",
        "vitaminc_bigbench",
        "wice_claim_dev",
    }
)


class Label(IntEnum):
    """What the evidence says of the claim. The first three are the model's outputs, in this order."""

    SUPPORTED = 0
    CONTRADICTED = 1
    NOT_FOUND = 2
    UNSUPPORTED = 3  # contradicted or not found: the set does not tell which


_LABELS = {
    "SUPPORTS": Label.SUPPORTED,
    "REFUTES": Label.CONTRADICTED,
    "NEI": Label.NOT_FOUND,
    "NOT_SUPPORTED": Label.UNSUPPORTED,
}
_MARKS = {
    "-LRB-": "(",
    "-RRB-": ")",
    "-LSB-": "[",
    "-RSB-": "]",
    "-LCB-": "{",
    "-RCB-": "}",
    "``": '"',
    "''": '"',
}
_MARK = re.compile("|".join(map(re.escape, _MARKS)))
_TAG = re.compile(r"</?[a-z]{1,3}>")


class NotForTraining(ValueError):
    """A file meant for training holds rows that are there to measure with."""


@dataclass(frozen=True)
class Row:
    """One labelled pair. `source` names the public set it comes from."""

    source: str
    id: str
    claim: str
    evidence: str
    label: Label

    @property
    def is_supported(self) -> bool:
        """Say whether the evidence supports the claim: the question of every score in this room."""
        return self.label is Label.SUPPORTED

    @property
    def group(self) -> str:
        """A digest of the evidence: rows that share it must not be split between training and held-out rows."""
        return hashlib.sha256(self.evidence.encode()).hexdigest()


def plain(text: str) -> str:
    """Undo a treebank's marks and leave out simple tags; outer white space goes too."""
    return _TAG.sub("", _MARK.sub(lambda mark: _MARKS[mark[0]], text)).strip()


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a ``.jsonl.gz`` file with the fields ``src, id, claim, evidence, label``.

    Raises:
        KeyError: a row lacks a field or has an unknown label.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            given = json.loads(line)
            yield Row(
                given["src"], str(given["id"]), plain(given["claim"]), plain(given["evidence"]), _LABELS[given["label"]]
            )


def training_rows(path: Path) -> list[Row]:
    """Return the rows of a file to train on.

    Raises:
        NotForTraining: it holds a row of a set in `TEST_ONLY`.
    """
    rows = list(read_rows(path))
    found = sorted(TEST_ONLY & {row.source for row in rows})
    if found:
        raise NotForTraining(f"{path}: expected rows to train on, found rows of {', '.join(found)}")
    return rows
