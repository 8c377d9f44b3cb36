"""The ``[model]`` part of a release, written from what a server or a GGUF file says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verax.kernel.errors import ModelUnavailable
from verax.models.gguf import read_gguf
from verax.models.probe import CONTEXT_FIELDS
from verax.models.weights import hash_file
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.output import Progress

__all__ = ["embedded_model", "remote_model"]

_REMOTE_CONTEXT_TOKENS = 8192
_EMBEDDED_CONTEXT_TOKENS = 2048
_TIMEOUT_S = 10.0


def remote_model(name: str, url: str, key_name: str, key: str, context_tokens: int | None) -> dict[str, Any]:
    """Ask an OpenAI-compatible server for `name` and return its ``[model]``.

    Raises:
        ModelUnavailable: the server does not offer that model.
        VeraxError: it cannot be reached, or refuses the key.
    """
    client = Client(url, key, timeout_s=_TIMEOUT_S)
    try:
        listing = client.get_json("/models")
        offered = {str(item["id"]): item for item in listing["data"]}
    except (KeyError, TypeError):
        raise ModelUnavailable(
            f"model: {url} does not list its models as OpenAI's API does", hint="its address usually ends in /v1"
        ) from None
    finally:
        client.close()
    if name not in offered:
        names = ", ".join(sorted(offered)[:8]) or "no model"
        raise ModelUnavailable(f"model {name!r}: {url} offers {names}", hint="give a name from that list")
    found = [offered[name].get(field) for field in CONTEXT_FIELDS]
    stated = next((value for value in found if isinstance(value, int) and value >= 128), _REMOTE_CONTEXT_TOKENS)
    spec = {"backend": "remote", "name": name, "url": url.rstrip("/"), "context_tokens": context_tokens or stated}
    return spec | ({"key_name": key_name} if key_name else {})


def embedded_model(name: str, path: Path, context_tokens: int | None, progress: Progress) -> dict[str, Any]:
    """Read a GGUF file's header, hash the file, and return its ``[model]``.

    Raises:
        ModelUnavailable: not a GGUF file, or one without a chat template.
    """
    header = read_gguf(path)
    if not header.chat_template:
        raise ModelUnavailable(
            f"model {path.name}: the file holds no chat template", hint="take a file of the model's chat version"
        )
    trained = header.context_tokens or _EMBEDDED_CONTEXT_TOKENS
    return {
        "backend": "embedded",
        "name": name,
        "weights": hash_file(path, progress.reach),
        "context_tokens": context_tokens or min(trained, _EMBEDDED_CONTEXT_TOKENS),
        "chat_template": header.chat_template,
        "special_tokens": list(header.special_tokens),
        "bos_token": header.bos_token,
        "eos_token": header.eos_token,
        "quantisation": header.quantisation,
    }
