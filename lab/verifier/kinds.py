"""The two kinds of model behind one door: what `Recipe.model` names is built, read and asked alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from lab.verifier import decoder, model
from lab.verifier.batches import Encoded
from lab.verifier.encoding import check_claims, encode, load_tokenizer
from lab.verifier.prompts import Prompt
from lab.verifier.recipe import Recipe
from lab.verifier.rows import Label, Row
from lab.verifier.scoring import Scorer

Encoder = Callable[[Sequence[Row]], list[Encoded]]
"""From rows to ids as one kind of model reads them, in order."""


def encoder_of(recipe: Recipe, tokenizer: Path) -> Encoder:
    """Return how the recipe's model reads rows.

    What is returned raises `ValueError` where a claim leaves a cross-encoder no room for evidence.
    """
    if recipe.is_decoder:
        return Prompt(recipe.prompt, tokenizer, recipe.max_tokens).encode
    pairs = load_tokenizer(tokenizer, recipe.max_tokens)

    def read(rows: Sequence[Row]) -> list[Encoded]:
        check_claims(tokenizer, recipe.max_tokens, rows)
        return encode(pairs, rows)

    return read


def begin(recipe: Recipe, base: Path, start: Path | None) -> nn.Module:
    """Build the recipe's model to be trained, on base weights or on the model in a run's folder `start`."""
    if not recipe.is_decoder:
        return model.from_run(start / "model") if start else model.from_base(base, recipe.seed)
    if start:
        return decoder.freeze(decoder.load(start / "model"), recipe.trained_layers)
    return decoder.from_base(base, recipe.label_words, recipe.trained_layers)


def load_model(folder: Path) -> nn.Module:
    """Read a trained model of either kind, ready to predict."""
    kind = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type")
    return decoder.load(folder) if kind == "llama" else model.load(folder)


def load_scorer(run: Path, recipe: Recipe, threads: int) -> Scorer:
    """Return a function from claim and evidence to three logits on a decoder's own weights, one pair a call."""
    torch.set_num_threads(threads)
    trained = decoder.load(run / "model")
    if recipe.is_bfloat16:
        trained.decoder.to(torch.bfloat16)  # once, and not for every pair
    read = encoder_of(recipe, run / "model" / "tokenizer.json")

    def scorer(claim: str, evidence: str) -> Sequence[float]:
        logits_BC = predict(trained, read([Row("", "", claim, evidence, Label.UNSUPPORTED)]), recipe)
        return [float(value) for value in logits_BC[0]]

    return scorer


def predict(trained: nn.Module, pairs: Sequence[Encoded], recipe: Recipe) -> Tensor:
    """Return logits_BC, without gradients."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=recipe.is_bfloat16):
        logits_BC: Tensor = trained(*model.collate(pairs)).float()
    return logits_BC
