"""Rows of public sets: which may be trained on, what their labels say of which heads, and which are only measured with.

* A set says nothing of a head that its annotators were not asked about: there the label is unknown, unless the set is
  of a kind in which that content does not occur (questions to an encyclopedia, mails, tables).
* `test_texts` gives every text of the test sets, for one purpose: to keep training rows that resemble one out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab.guard.heads import HEADS, labels
from lab.guard.rows import Row, read_jsonl

_ALL = set(HEADS)
_BESIDE_HATE = _ALL - {"hate", "injection", "instruction", "overreach", "disclosure"}
_ASKED = {"injection", "instruction"}
_NAME = re.compile(r"@\w+")
_TAIL = re.compile(r"\s+")
_SURE = 2 / 3  # share of a tweet's annotators who call it hate speech
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_MIN_CHARS, _MAX_CHARS = 12, 300
_TESTED_PROGRAMS = range(11, 511)  # the identifiers of MBPP's test part


def training_rows(data: Path) -> Iterator[Row]:
    """Yield every row that may be trained on, in a fixed order."""
    for name in ("train", "dev"):
        yield from _hate("hatemoji", data / "hatemoji" / f"{name}.jsonl.gz")
    yield from _hate("toxigen_prompts", data / "toxigen_prompts" / "train.jsonl.gz")
    yield from _hate("forum_hate", data / "forum_hate" / "train.jsonl.gz")
    yield from _tweets(data / "davidson_hate_speech" / "labeled_data.jsonl.gz")
    yield from _harmful(data / "harmful_behaviors" / "harmbench_behaviors_text_val.jsonl.gz")
    yield from _injection(data / "bipia")
    yield from _questions(data / "boolq")
    yield from _claims(data / "claims" / "train.jsonl.gz")
    yield from sums(data / "gsm8k" / "train.jsonl.gz")
    yield from programs(data / "mbpp" / "mbpp.jsonl.gz")


def test_texts(data: Path) -> Iterator[str]:
    """Yield the texts of the sets that are only measured with."""
    for path, field in (
        ("hatecheck/all_cases.jsonl.gz", "test_case"),
        ("xstest/xstest_prompts.jsonl.gz", "prompt"),
        ("harmful_behaviors/harmbench_behaviors_text_test.jsonl.gz", "Behavior"),
        ("harmful_behaviors/advbench_behaviors.jsonl.gz", "Behavior"),
        ("harmful_behaviors/malicious_instruct.jsonl.gz", "prompt"),
        ("harmful_behaviors/tdc2023_test_phase_behaviors.jsonl.gz", "Behavior"),
        ("harmful_behaviors/strongreject_dataset.jsonl.gz", "forbidden_prompt"),
        ("harmful_behaviors/refusal_direction_harmful_test.jsonl.gz", "instruction"),
        ("harmful_behaviors/refusal_direction_harmless_test.jsonl.gz", "instruction"),
        ("bipia/text_attack_test.jsonl.gz", "attack"),
        ("bipia/code_attack_test.jsonl.gz", "attack"),
        ("boolq/boolq_test.jsonl.gz", "question"),
    ):
        for row in read_jsonl(data / path):
            yield str(row[field])
    for row in read_jsonl(data / "mt_bench" / "question.jsonl.gz"):
        turns = row["turns"]
        if isinstance(turns, list):
            yield from map(str, turns)


def sentences(text: str) -> list[str]:
    """Cut a document into what a guard reads at a time."""
    return [part.strip() for part in _SENTENCE.split(text) if part.strip()]


def sums(path: Path) -> Iterator[Row]:
    """Yield the sentences of GSM8K's questions, as what is harmless."""
    for row in read_jsonl(path):
        for part in sentences(str(row["question"])):
            if len(part) >= _MIN_CHARS:
                yield Row("gsm8k", part[:_MAX_CHARS], labels(set(), {"instruction"}))


def programs(path: Path) -> Iterator[Row]:
    """Yield MBPP's tasks but for those of its test part, as harmless instructions."""
    for row in read_jsonl(path):
        if int(str(row["task_id"])) not in _TESTED_PROGRAMS:
            yield Row("mbpp", str(row["text"])[:_MAX_CHARS], labels({"instruction"}, set()))


def _hate(source: str, path: Path) -> Iterator[Row]:
    known = {1: labels({"hate"}, _BESIDE_HATE), 0: labels(set(), _BESIDE_HATE)}
    for row in read_jsonl(path):
        yield Row(source, str(row["text"])[:_MAX_CHARS], known[int(str(row["hate"]))])


def _tweets(path: Path) -> Iterator[Row]:
    """Yield tweets that most annotators call hate speech, or neither that nor offensive; the rest depends on its
    reader."""
    hate, neither = labels({"hate"}, _BESIDE_HATE), labels(set(), _BESIDE_HATE)
    for row in read_jsonl(path):
        text = _TAIL.sub(" ", _NAME.sub("", str(row["tweet"]).replace("&amp;", "&"))).strip(' !":RT')
        votes = int(str(row["count"]))
        if int(str(row["hate_speech"])) >= _SURE * votes:
            yield Row("davidson_hate", text, hate)
        elif row["class"] == "2" and int(str(row["neither"])) == votes:
            yield Row("davidson_neither", text, neither)


def _harmful(path: Path) -> Iterator[Row]:
    beside = _ALL - {"crime", *_ASKED}
    for row in read_jsonl(path):
        yield Row("harmbench_val", str(row["Behavior"]), labels({"crime"}, beside))


def _injection(folder: Path) -> Iterator[Row]:
    for kind in ("text", "code"):
        for row in read_jsonl(folder / f"{kind}_attack_train.jsonl.gz"):
            yield Row("bipia_attack", str(row["attack"]), labels({"instruction"}, {"injection", "crime"}))
    for task in ("email", "table", "code"):
        for row in read_jsonl(folder / f"{task}_train.jsonl.gz"):
            context = row["context"]
            text = "\n".join(map(str, context)) if isinstance(context, list) else str(context)
            for part in sentences(text):
                if len(part) >= _MIN_CHARS:
                    yield Row(f"bipia_{task}", part[:_MAX_CHARS], labels(set(), set()))


def _questions(folder: Path) -> Iterator[Row]:
    tested = {str(row["question"]) for row in read_jsonl(folder / "boolq_test.jsonl.gz")}
    for row in read_jsonl(folder / "boolq_combined.jsonl.gz"):
        if row["question"] not in tested:
            yield Row("boolq", str(row["question"]), labels(set(), {"instruction"}))


def _claims(path: Path) -> Iterator[Row]:
    for row in read_jsonl(path):
        if row["src"] in ("fever_dev", "mnli_dev", "snli_dev", "scitail_dev"):
            yield Row("claims", str(row["claim"]), labels(set(), set()))
