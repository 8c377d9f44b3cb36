"""A recipe: everything that a training run depends on, read from one TOML file and never changed by a flag."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

RECIPES = Path(__file__).resolve().parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """What a run is made from.

    `natural` and `hard` are numbers of examples by source. The learning rate rises over `warmup_steps`, is constant,
    and falls to zero over the last `decay_steps` of `steps`. `start` names the run whose weights it begins with, as in
    ``lab/runs``; empty for the base weights. `dropout` is the share of activations left out in training;
    `is_bfloat16` has products computed in 16 bits, which processors with instructions for it do several times as fast.
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
    start: str = ""
    dropout: float = 0.1
    is_bfloat16: bool = False

    @property
    def digest(self) -> str:
        """SHA-256 of the recipe's file."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        TypeError: a field is missing or unknown.
    """
    text = path.read_text(encoding="utf-8")
    return Recipe(name=path.stem, text=text, **tomllib.loads(text))
