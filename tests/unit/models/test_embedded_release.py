"""A release that does not fit its weights is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.errors import ModelUnavailable
from verax.kernel.release_parts import Adapter, ModelSpec
from verax.models.embedded import EmbeddedBackend, EmbeddedSettings, default_threads
from verax.models.weights import hold_weights

from .gguf_files import gguf_bytes

MODEL = ModelSpec(
    "embedded", "tiny", "ab" * 32, 4096, seal="sealed", chat_template="{{ messages }}", cache="f16",
    special_tokens=("<|end|>", "<|start|>", "<|user|>"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"special_tokens": ("<|end|>", "<|start|>")}, "special_tokens lacks 1 of the model's own, '<|user|>' first"),
        ({"context_tokens": 8193}, "expected at most 8192 context tokens"),
        ({"context_tokens": 4000}, "expected context tokens in steps of 256, found 4000"),
        ({"cache": "q3"}, "expected a cache of f32, f16, bf16, q8_0, found 'q3'"),
        ({"adapters": (Adapter("lora", "cd" * 32, 1.0),)}, "no adapters"),
    ],
)
def test_a_release_that_does_not_fit_its_weights_is_refused(
    tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(gguf_bytes())
    weights = hold_weights(path)
    with pytest.raises(ModelUnavailable) as raised:
        EmbeddedBackend(weights, replace(MODEL, **changed), EmbeddedSettings())
    assert message in raised.value.message
    assert raised.value.reason_code == "model/release-mismatch"
    weights.close()


def test_one_core_is_left_to_the_rest_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr("os.sched_getaffinity", lambda pid, cores=cores: set(range(cores)), raising=False)
        assert default_threads() == expected
