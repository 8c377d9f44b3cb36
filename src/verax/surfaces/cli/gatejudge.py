"""What `verax gate judge measure` does: labelled replies, judged by a model and by the suites' scorers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from verax.gates.judge.client import Judge, JudgeSettings
from verax.gates.judge.labels import Label, agreement, load_labels
from verax.gates.suite import load_suite
from verax.gates.verdict import decimal
from verax.kernel.errors import ConfigError
from verax.store.home import Home
from verax.store.model_keys import ModelKeys
from verax.surfaces.cli.session import Session
from verax.surfaces.gating import open_judge

__all__ = ["measure"]

_SEED = "measure"


def measure(session: Session, url: str | None, model: str | None, key_name: str, path: str | None) -> dict[str, Any]:
    """Return how scorers, and the judge where there is one, agree with the labels; by suite, and over all.

    Raises:
        ConfigError: a file of labels that is none, or half a judge.
        ModelError: the judge did not answer.
    """
    try:
        labels = load_labels(None if path is None else Path(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"labels {path}: {error}", hint="a line is {suite, ask, replies, expect, label}") from None
    by_suite: dict[str, list[Label]] = {}
    for label in labels:
        by_suite.setdefault(label.suite, []).append(label)
    judge = _judge(session, url, model, key_name)
    return {
        "judge": "" if judge is None else judge.name,
        "scorers": _rows(by_suite, {name: _score(name, found) for name, found in by_suite.items()}),
        "judged": [] if judge is None else _rows(by_suite, asyncio.run(_ask(judge, by_suite))),
    }


def _judge(session: Session, url: str | None, model: str | None, key_name: str) -> Judge | None:
    keys = ModelKeys(Home(session.config.home).keys_dir)
    if url is None and model is None:
        return open_judge(session.config, keys)
    if url is None or model is None:
        raise ConfigError("judge: expected --url and --model together", hint="give both, or neither")
    return Judge(JudgeSettings(url.rstrip("/"), model, keys.key_of(key_name) if key_name else ""))


def _score(name: str, labels: Sequence[Label]) -> list[bool]:
    return [mark.value == 1 for mark in load_suite(name).score([label.sample for label in labels], None)]


async def _ask(judge: Judge, by_suite: Mapping[str, Sequence[Label]]) -> dict[str, list[bool]]:
    found = {}
    for name, labels in by_suite.items():
        marks = await judge.judge(load_suite(name).criterion, [label.sample for label in labels], _SEED)
        found[name] = [marks[label.sample.item.id].mark == "1" for label in labels]
    return found


def _rows(by_suite: Mapping[str, Sequence[Label]], verdicts: Mapping[str, Sequence[bool]]) -> list[dict[str, Any]]:
    everything = [label for labels in by_suite.values() for label in labels]
    rows = [_row(name, labels, verdicts[name]) for name, labels in by_suite.items()]
    return [*rows, _row("all", everything, [verdict for name in by_suite for verdict in verdicts[name]])]


def _row(name: str, labels: Sequence[Label], verdicts: Sequence[bool]) -> dict[str, Any]:
    found = agreement(labels, verdicts)
    return {
        "suite": name,
        "n": found.n,
        "agreed": found.agreed,
        "low": decimal(found.interval.low),
        "high": decimal(found.interval.high),
        "false_passes": found.false_passes,
        "bad": found.bad,
        "false_fails": found.false_fails,
        "good": found.good,
        "kappa": decimal(found.kappa),
    }
