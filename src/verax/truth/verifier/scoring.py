"""A process that scores claims with a model of other people; `verax.truth.verifier.named` starts it.

``python -I -B scoring.py KIND FOLDER`` in an environment that has PyTorch and transformers, and nothing of ours: this
file imports no module of Verax. Nothing is downloaded and no code of the folder is run. Its first line is
``{"digest": …}``, or ``{"problem": …}`` and the end; then each line ``{"claim": …, "text": …}`` of stdin is answered by
``{"probability": …}`` or ``{"problem": …}``. It ends with its stdin.

* ``minicheck`` is a sequence classifier of two labels, whose second is *supported*, over the document, the tokenizer's
  end sign and the claim; or a T5 that reads the same behind ``predict:`` and whose first word is one of two.
* ``hhem`` is the encoder of a T5 with a classifier over its first word, two labels, whose second is *consistent*. The
  shape of the network is read off its weights.
* A pair that is too long for the network loses words at the end of its document, never of its claim.

Sources: Tang, Laban and Durrett, "MiniCheck: Efficient Fact-Checking of LLMs on Grounding Documents" (2024), and the
model cards of MiniCheck and of HHEM-2.1-open.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_HHEM_PROMPT = "<pad> Determine if the hypothesis is true given the premise?\n\nPremise: {text}\n\nHypothesis: {claim}"
_HHEM_PREFIX = "t5."
_NO_SUPPORT, _SUPPORT = 3, 209  # words of T5 that MiniCheck was trained to answer with
_LONGEST = 2048  # word pieces of a pair
_CHUNK = 2**20

Scorer = Callable[[str, str], float]


def main(arguments: list[str]) -> int:
    """Load a model and score until stdin ends."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    kind, folder = arguments[0], Path(arguments[1])
    try:
        digest = digest_of(folder)
        score = {"minicheck": _minicheck, "hhem": _hhem}[kind](folder)
        _tell({"digest": digest})
    except Exception as error:  # noqa: BLE001 - whatever a foreign model breaks with is told in one line
        _tell({"problem": f"{type(error).__name__}: {error}"[:300]})
        return 1
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            _tell({"probability": score(asked["claim"], asked["text"])})
        except Exception as error:  # noqa: BLE001
            _tell({"problem": f"{type(error).__name__}: {error}"[:300]})
    return 0


def digest_of(folder: Path) -> str:
    """Return SHA-256 over the names and digests of all files of a folder, in the order of their names."""
    files = {str(path.relative_to(folder)): _digest(path) for path in folder.rglob("*") if path.is_file()}
    shown = json.dumps(files, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(shown.encode("utf-8", "surrogateescape")).hexdigest()


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as data:
        while part := data.read(_CHUNK):
            found.update(part)
    return found.hexdigest()


def _minicheck(folder: Path) -> Scorer:
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    tokenizer = _tokenizer(folder)
    is_t5 = config.model_type == "t5"
    kind = AutoModelForSeq2SeqLM if is_t5 else AutoModelForSequenceClassification
    model = kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False).float().eval()
    if not is_t5 and model.config.num_labels != 2:
        raise ValueError(f"expected a classifier of 2 labels, found {model.config.num_labels}")
    longest = min(_LONGEST, _positions(config))

    def score(claim: str, text: str) -> float:
        form = f"{'predict: ' if is_t5 else ''}{{text}}{tokenizer.eos_token}{{claim}}"
        given = _encoded(tokenizer, form, claim, text, longest)
        with torch.inference_mode():
            if is_t5:
                first = torch.zeros((1, 1), dtype=torch.long)
                asked = {name: given[name] for name in ("input_ids", "attention_mask")}
                logits = model(**asked, decoder_input_ids=first).logits[0, 0, [_NO_SUPPORT, _SUPPORT]]
            else:
                logits = model(**given).logits[0]
        return float(torch.softmax(logits.double(), dim=-1)[1])

    return score


def _hhem(folder: Path) -> Scorer:
    import torch
    from safetensors.torch import load_file
    from transformers import T5ForTokenClassification

    tensors = load_file(folder / "model.safetensors")
    weights = {name.removeprefix(_HHEM_PREFIX): tensor for name, tensor in tensors.items()}
    model = T5ForTokenClassification(_t5_shape(weights))
    missing, unknown = model.load_state_dict(weights, strict=False)
    left = [name for name in missing if not name.endswith("embed_tokens.weight")]
    if left or unknown:
        raise ValueError(f"model.safetensors: not the weights of HHEM: {[*left, *unknown][:3]}")
    model.tie_weights()
    model.float().eval()
    tokenizer = _tokenizer(folder)

    def score(claim: str, text: str) -> float:
        given = _encoded(tokenizer, _HHEM_PROMPT, claim, text, _LONGEST)
        with torch.inference_mode():
            logits = model(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).logits[0, 0]
        return float(torch.softmax(logits.double(), dim=-1)[1])

    return score


def _t5_shape(weights: Mapping[str, Any]) -> Any:
    """Return the configuration that weights of a T5's encoder have."""
    from transformers import T5Config

    layer = "transformer.encoder.block.0.layer"
    shared = "transformer.shared.weight"
    needed = (shared, f"{layer}.0.SelfAttention.relative_attention_bias.weight", "classifier.weight")
    if absent := [name for name in needed if name not in weights]:
        raise ValueError(f"model.safetensors: not the weights of HHEM: no {absent[0]}")
    buckets, heads = weights[needed[1]].shape
    is_gated = f"{layer}.1.DenseReluDense.wi_0.weight" in weights
    inner = weights[f"{layer}.1.DenseReluDense.{'wi_0' if is_gated else 'wi'}.weight"].shape[0]
    layers = {name.split(".")[3] for name in weights if name.startswith("transformer.encoder.block.")}
    return T5Config(
        vocab_size=weights[shared].shape[0],
        d_model=weights[shared].shape[1],
        d_kv=weights[f"{layer}.0.SelfAttention.q.weight"].shape[0] // heads,
        d_ff=inner,
        num_layers=len(layers),
        num_heads=heads,
        relative_attention_num_buckets=buckets,
        feed_forward_proj="gated-gelu" if is_gated else "relu",
        num_labels=weights["classifier.weight"].shape[0],
        tie_word_embeddings=False,
    )


def _tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def _encoded(tokenizer: Any, form: str, claim: str, text: str, longest: int) -> Any:
    """Return a pair in word pieces; what is too long loses words at the end of its document."""
    words = text.split(" ")
    while True:
        given = tokenizer(form.format(text=" ".join(words), claim=claim), return_tensors="pt")
        if given["input_ids"].shape[1] <= longest:
            return given
        if not words:
            raise ValueError("the claim is too long for this model")
        words = words[: len(words) * 9 // 10]


def _positions(config: Any) -> int:
    """Return how many word pieces a network has places for; RoBERTa numbers them from behind its padding."""
    places = getattr(config, "max_position_embeddings", None) or _LONGEST
    return places - 2 if config.model_type == "roberta" else places


def _tell(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
