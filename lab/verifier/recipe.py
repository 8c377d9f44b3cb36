"""A recipe: everything that a training run depends on, read from one TOML file and never changed by a flag."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RECIPES = Path(__file__).resolve().parent / "recipes"
MODELS = ("cross-encoder", "decoder")
_OUTPUTS = 3


@dataclass(frozen=True)
class Recipe:
    """What a run is made from.

    `natural` and `hard` are numbers of examples by source, `held_out` and `held_out_hard` those to measure with. The
    learning rate rises over `warmup_steps`, is constant, and falls to zero over the last `decay_steps` of `steps`.
    `start` names the run whose weights it begins with, as in ``lab/runs``; empty for the base weights. `dropout` is
    the share of activations left out in training; `is_bfloat16` has products computed in 16 bits, which processors
    with instructions for it do several times as fast.

    `model` is ``cross-encoder`` or ``decoder``. A decoder reads `prompt`, in which ``{evidence}`` and after it
    ``{claim}`` stand; its outputs begin as the logits of the three `label_words`, and its last `trained_layers` are
    trained, 0 for all. Where a teacher is given, its probabilities are softened by `temperature`, and `hard_share` of
    the loss still comes from the labels.
    """

    name: str
    question: str
    seed: int
    natural: dict[str, int]
    hard: dict[str, int]
    held_out: dict[str, int]
    max_words: int
    max_tokens: int
    batch_tokens: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    reason_weight: float
    steps: int
    warmup_steps: int
    decay_steps: int
    text: str
    held_out_hard: dict[str, int] = field(default_factory=dict)
    start: str = ""
    dropout: float = 0.1
    is_bfloat16: bool = False
    model: str = "cross-encoder"
    prompt: str = ""
    label_words: Sequence[str] = ()
    trained_layers: int = 0
    temperature: float = 2.0
    hard_share: float = 0.5

    @property
    def is_decoder(self) -> bool:
        """Say which of the two kinds of model it trains."""
        return self.model == "decoder"

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        TypeError: a field is missing or unknown.
        ValueError: there is no such kind of model, or a decoder has another number of words than outputs.
    """
    text = path.read_text(encoding="utf-8")
    recipe = Recipe(name=path.stem, text=text, **tomllib.loads(text))
    if recipe.model not in MODELS:
        raise ValueError(f"{path}: model {recipe.model!r}; expected {' or '.join(MODELS)}")
    if recipe.is_decoder and len(recipe.label_words) != _OUTPUTS:
        raise ValueError(f"{path}: {len(recipe.label_words)} label_words; expected {_OUTPUTS}")
    return recipe
