"""From one call to what llama.cpp is handed, as pure functions.

* The prompt is handed over as it was joined. llama.cpp puts the model's beginning-of-sequence
  token in front of a text for models that ask for it; for those the joined prompt must begin
  with that token's text, which is then handed over as the token's id, so nothing is added.
* Every sampling value is set. None of llama.cpp's own defaults shapes a reply, and samplers
  that a release cannot name (min-p, typical, DRY, XTC, Mirostat) are off.
* A JSON schema is enforced token by token; white space outside strings is fixed, since small
  models otherwise fill their whole limit with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verax.kernel.errors import ModelUnavailable, RequestError, UnsupportedParameter
from verax.models.base import Options

__all__ = [
    "MAX_SCHEMA_BYTES",
    "check_options",
    "completion_body",
    "is_enforced",
    "schema_grammar",
    "schema_probe",
    "split_bos",
]

MAX_SCHEMA_BYTES = 32_768

# How far back the repeat, presence and frequency penalties look, in tokens.
_PENALTY_WINDOW = 64
_SAMPLERS = ("penalties", "top_k", "top_p", "temperature")
_PROBE_WORD = "zqx"


def check_options(options: Options) -> None:
    """Refuse what the embedded engine cannot honour.

    Raises:
        UnsupportedParameter: native tools, or a schema beyond `MAX_SCHEMA_BYTES`.
        RequestError: a value outside its range.
    """
    if options.tools:
        raise UnsupportedParameter(
            "tools: the embedded engine takes tools by schema only",
            hint='set style = "schema" in the release\'s [tools]',
            param="tools",
        )
    if options.max_tokens < 1 or options.n < 1:
        name = "max_tokens" if options.max_tokens < 1 else "n"
        raise RequestError(f"{name}: expected at least 1, found {getattr(options, name)}", param=name)
    if options.schema is not None and len(schema_grammar(options.schema)) > MAX_SCHEMA_BYTES:
        raise UnsupportedParameter(
            f"response_format: the schema has over {MAX_SCHEMA_BYTES} bytes", param="response_format"
        )


def completion_body(prompt: str | list[str | int], options: Options, choice: int) -> dict[str, Any]:
    """Return the completion request for one choice."""
    body: dict[str, Any] = {
        "prompt": prompt,
        "stream": True,
        "return_progress": True,
        "cache_prompt": True,
        "max_tokens": options.max_tokens,
        "seed": options.seed + choice,
        "samplers": list(_SAMPLERS),
        "temperature": options.temperature,
        "top_k": options.top_k,
        "top_p": options.top_p,
        "min_p": 0.0,
        "typical_p": 1.0,
        "xtc_probability": 0.0,
        "dry_multiplier": 0.0,
        "mirostat": 0,
        "repeat_last_n": _PENALTY_WINDOW,
        "repeat_penalty": options.repeat_penalty,
        "presence_penalty": options.presence_penalty,
        "frequency_penalty": options.frequency_penalty,
        "stop": list(options.stop),
    }
    if options.top_logprobs is not None:
        body["logprobs"] = max(1, options.top_logprobs)
    if options.schema is not None:
        body["grammar"] = schema_grammar(options.schema)
    return body


def schema_grammar(schema: Mapping[str, Any]) -> str:
    """Return the grammar, in the engine's Lark dialect, of all compact JSON that fits `schema`."""
    return f"%llguidance {{}}\nstart: %json {_schema_text(schema)}"


def schema_probe(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tiny request that tells whether the engine enforces `schema`.

    llama.cpp drops a grammar that it cannot compile and generates unconstrained text, without
    an error. So the schema is put behind a word that no model writes of its own accord: a
    reply that begins with `is_enforced`'s word shows that the whole grammar compiled.
    """
    grammar = f'%llguidance {{}}\nstart: "{_PROBE_WORD}" value\nvalue: %json {_schema_text(schema)}'
    return {"prompt": "-", "max_tokens": 4, "temperature": 0.0, "seed": 1, "grammar": grammar, "cache_prompt": False}


def is_enforced(reply: str) -> bool:
    """Say whether a reply to `schema_probe` was constrained."""
    return reply.startswith(_PROBE_WORD)


def split_bos(prompt: str, bos_id: int, bos_token: str) -> list[str | int]:
    """Return the prompt for a model to which llama.cpp adds a beginning-of-sequence token.

    Raises:
        ModelUnavailable: the joined prompt does not begin with that token's text, so that
            what is handed over would not be what the model reads.
    """
    if bos_id < 0 or not bos_token or not prompt.startswith(bos_token):
        raise ModelUnavailable(
            "release: the model's sequences begin with a token that the release's chat template does not write",
            hint="write {{ bos_token }} at the start of the chat template",
            code="model/no-bos",
        )
    rest = prompt[len(bos_token) :]
    return [bos_id, rest] if rest else [bos_id]


def _schema_text(schema: Mapping[str, Any]) -> str:
    return json.dumps(
        {**schema, "x-guidance": {"whitespace_flexible": False}}, ensure_ascii=False, separators=(",", ":")
    )
