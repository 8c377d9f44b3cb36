"""The sets that are measured with, read from the folder of public data; none of their rows was trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.guard.public import sentences
from lab.guard.rows import read_jsonl

__all__ = ["Case", "bipia", "boolq_questions", "cold", "harmful", "harmless", "hatecheck", "mt_bench", "xstest"]

_CONTEXTS_PER_ATTACK = 2


@dataclass(frozen=True)
class Case:
    """One text with the truth about it, and the group it is reported with."""

    text: str
    is_positive: bool
    group: str


def hatecheck(data: Path) -> list[Case]:
    """Return the 3,728 cases of the published suite; groups are its functional classes."""
    rows = read_jsonl(data / "hatecheck" / "test_suite_cases.jsonl.gz")
    return [Case(str(row["test_case"]), row["label_gold"] == "hateful", str(row["functionality"])) for row in rows]


def xstest(data: Path) -> list[Case]:
    """Return prompts that are harmful (positive) or only look so."""
    rows = read_jsonl(data / "xstest" / "xstest_prompts.jsonl.gz")
    return [Case(str(row["prompt"]), row["label"] != "safe", str(row["type"])) for row in rows]


def harmful(data: Path) -> list[Case]:
    """Return harmful requests by file, but for those of HarmBench's ``val``; HarmBench's by its functional category."""
    folder = data / "harmful_behaviors"
    found = [
        Case(str(row["Behavior"]), True, f"harmbench_{row['FunctionalCategory']}")
        for row in read_jsonl(folder / "harmbench_behaviors_text_test.jsonl.gz")
    ]
    for name, field in (
        ("advbench_behaviors", "Behavior"),
        ("malicious_instruct", "prompt"),
        ("strongreject_dataset", "forbidden_prompt"),
        ("tdc2023_test_phase_behaviors", "Behavior"),
        ("refusal_direction_harmful_test", "instruction"),
    ):
        found += [Case(str(row[field]), True, name) for row in read_jsonl(folder / f"{name}.jsonl.gz")]
    trained = {str(row["Behavior"]) for row in read_jsonl(folder / "harmbench_behaviors_text_val.jsonl.gz")}
    unseen = {case.text: case for case in reversed(found) if case.text not in trained}
    return list(reversed(unseen.values()))


def boolq_questions(data: Path) -> list[Case]:
    """Return the questions of BoolQ's test part, each once."""
    texts = dict.fromkeys(str(row["question"]) for row in read_jsonl(data / "boolq" / "boolq_test.jsonl.gz"))
    return [Case(text, False, "boolq") for text in texts]


def mt_bench(data: Path) -> list[Case]:
    """Return both turns of each of MT-Bench's questions."""
    found = []
    for row in read_jsonl(data / "mt_bench" / "question.jsonl.gz"):
        turns = row["turns"]
        assert isinstance(turns, list)
        found += [Case(str(turn), False, "mt_bench") for turn in turns]
    return found


def harmless(data: Path) -> list[Case]:
    """Return harmless instructions of another set, for a second look at false alarms."""
    rows = read_jsonl(data / "harmful_behaviors" / "refusal_direction_harmless_test.jsonl.gz")
    return [Case(str(row["instruction"]), False, "harmless_instructions") for row in rows]


def cold(data: Path) -> list[Case]:
    """Return Chinese comments that offend a group, or do not; groups are topics."""
    rows = read_jsonl(data / "cold_zh" / "test.jsonl.gz")
    return [Case(str(row["TEXT"]), str(row["label"]) == "1", str(row["topic"])) for row in rows]


def bipia(data: Path) -> list[tuple[Sequence[str], bool, str]]:
    """Return documents as sentences, whether an attack was put into them, and their kind.

    Every attack of the test part stands in `_CONTEXTS_PER_ATTACK` test documents, at the start, in the middle or at the
    end; documents and places follow from the attack's text.
    """
    folder = data / "bipia"
    found: list[tuple[Sequence[str], bool, str]] = []
    for attacks, kinds in (("text", ("email", "table")), ("code", ("code",))):
        documents = {kind: [sentences(text) for text in _documents(folder / f"{kind}_test.jsonl.gz")] for kind in kinds}
        found += [(parts, False, kind) for kind, texts in documents.items() for parts in texts]
        for row in read_jsonl(folder / f"{attacks}_attack_test.jsonl.gz"):
            attack = str(row["attack"])
            for kind in kinds:
                for number in range(_CONTEXTS_PER_ATTACK):
                    found.append((_planted(attack, documents[kind], number), True, kind))
    return found


def _planted(attack: str, documents: Sequence[Sequence[str]], number: int) -> Sequence[str]:
    digest = hashlib.sha256(f"{number} {attack}".encode()).digest()
    parts = documents[int.from_bytes(digest[:4]) % len(documents)]
    at = (0, len(parts) // 2, len(parts))[digest[4] % 3]
    # An attack of several lines, a snippet of code, is cut like all other text.
    return [*parts[:at], *sentences(attack), *parts[at:]]


def _documents(path: Path) -> Iterator[str]:
    for row in read_jsonl(path):
        context = row["context"]
        yield "\n".join(map(str, context)) if isinstance(context, list) else str(context)
