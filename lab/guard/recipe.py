"""A recipe of the guard's English classifier: everything that a run depends on, read from one TOML file."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

RECIPES = Path(__file__).resolve().parent / "recipes"


@dataclass(frozen=True)
class Recipe:
    """What a run is made from.

    Attributes:
        scale: Rows of each constructed block, as a share of its count.
        tricked: Share of training rows that are added once more with a spelling trick.
        pieces: Word pieces that the model keeps, the most frequent ones of its training texts.
        public: The most rows of each public set; those not named are left out.
        repeated: How often the rows of small sets and blocks are seen in an epoch.
        positive_weight: What a positive label weighs; a negative one weighs 1.
        even: Heads whose positive labels weigh 1 all the same, since they have as many as they need.
        frozen_layers: Layers of the encoder, from below, that stay as they are.
        is_for_children: Whether two fifths of Junior's own texts are among its rows, as harmless ones.
        bfloat16: Whether matrices are multiplied in bfloat16, faster where a processor has AMX.
        start: The run whose weights it begins with, instead of the base weights.
        fitted: The head whose column of the last layer alone is fitted (`lab.guard.top`); then `steps` is 0.
        learning_rate: Rises over `warmup_steps`, stays, and falls to zero over the last `decay_steps` of `steps`.
    """

    name: str
    question: str
    seed: int
    scale: float
    tricked: float
    pieces: int
    max_tokens: int
    batch_tokens: int
    learning_rate: float
    weight_decay: float
    positive_weight: float
    frozen_layers: int
    steps: int
    warmup_steps: int
    decay_steps: int
    public: dict[str, int]
    repeated: dict[str, int]
    text: str
    start: str = ""
    fitted: str = ""
    even: tuple[str, ...] = ()
    is_for_children: bool = False
    bfloat16: bool = False

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
