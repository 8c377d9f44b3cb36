"""A real installation with a scripted model: its logs, receipts and governance are the real ones.

Only the model is scripted, and the code's digest is fixed instead of measured, so that it
opens at once. `chat_backend` is a model for people who build or test a chat: what is asked
decides how it answers.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

from verax.config import Config
from verax.kernel.errors import BusyError, ModelError
from verax.kernel.release import Release
from verax.kernel.runtime import InstanceManifest, PortableRuntime
from verax.models.base import Backend
from verax.store.blobs import Blobs
from verax.surfaces.founding import Founding, found, is_founded
from verax.surfaces.installation import Installation, Surroundings
from verax.testing.releases import FILE_WORDING, manifest_toml
from verax.testing.scripted import Reply, Rule, ScriptedBackend
from verax.testing.turns import FixedRuntime, OneBackend
from verax.truth.verdicts import Verifier
from verax.truth.web.fetch import Fetcher

__all__ = ["chat_backend", "chat_releases", "open_installation"]

PORTABLE = PortableRuntime("aa" * 32, "bb" * 32)
MANIFEST = InstanceManifest(PORTABLE, "cpython 3.11.7 cpython-311-x86_64-linux-gnu", "linux x86_64", "dd" * 32)

_GUARD = """
[guard]
input = [{ detector = "hidden_text", action = "refuse" }]
output = [{ detector = "secrets", action = "refuse" }, { detector = "hidden_text", action = "rewrite" }]
"""
_SAMPLING = '[sampling]\nmax_tokens = {tokens}\nallow = ["temperature", "max_tokens", "seed", "stop"]\n'
_SCRIPTED = 'backend = "scripted"'

_MARKDOWN = """# What Markdown can do

A paragraph with **bold**, *italic*, `code` and a [link](https://example.org/), and a second line.

1. first
2. second
   - nested

> A quotation.

| name | value |
|:--|--:|
| one | 1 |
| two | 2 |

```python
def hello(name: str) -> str:
    return f"Hello {name}"
```

Inline $e^{i\\pi} + 1 = 0$ and on a line of its own:

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

- [x] done
- [ ] to do
"""


def chat_backend(delay_s: float = 0.02) -> ScriptedBackend:
    """Return a model that does what its question asks for; what has no rule is said again, to the letter.

    ``slowly …`` streams 400 words, ``hang`` says nothing, ``fail`` fails before the first word
    and ``fail midway`` after five, ``busy`` is refused by the model's queue, ``refuse`` is
    stopped by the output policy, ``markdown`` shows everything that Markdown has.

    Args:
        delay_s: Wait before each word of an answer without a rule.
    """
    broken = ModelError("model server: the connection broke in the middle of the reply", code="model/cut-short")
    return ScriptedBackend(
        [
            Rule("^slowly", Reply(("word " * 400,), delay_s=0.05)),
            Rule("^hang", Reply(("never",), delay_s=86_400)),
            Rule("^fail midway", Reply(("one two three four five six seven",), fails=broken, fails_after=5)),
            Rule("^fail", Reply(("nothing",), fails=broken)),
            Rule("^busy", Reply(refuses=BusyError("model: every slot is taken", retry_after_s=3))),
            Rule("^refuse", "The key is sk-" + "a1" * 20 + " and more."),
            Rule("^markdown", _MARKDOWN),
            Rule("Hamlet", "Hamlet was written by William Shakespeare."),
        ],
        usual=Reply(delay_s=delay_s),
        keeps_context=True,
    )


def chat_releases() -> Mapping[str, Release]:
    """Return the releases of a world for chats.

    ``assistant`` is a usual channel that takes documents, ``vision`` takes pictures too,
    ``plain`` takes no files, and ``tiny`` has a very short memory.
    """
    remote = 'backend = "remote"\nurl = "http://localhost:9/v1"\nsees = ["image"]'
    return {
        "assistant": _release("assistant", _SCRIPTED, 32_768),
        "plain": _release("plain", _SCRIPTED, 32_768, files=""),
        "tiny": _release("tiny", _SCRIPTED, 512),
        "vision": _release("vision", remote, 131_072),
    }


@contextlib.asynccontextmanager
async def open_installation(
    folder: Path,
    backend: Backend | None = None,
    releases: Mapping[str, Release] | None = None,
    on_founded: Callable[[Founding], None] = lambda _: None,
    verifier: Verifier | None = None,
    fetcher: Fetcher | None = None,
    **settings: Any,
) -> AsyncIterator[Installation]:
    """Open the installation in `folder`, made anew where there is none; a second opening finds it as it was left.

    Args:
        backend: The model; `chat_backend` by default.
        releases: First release of each channel; `chat_releases` by default.
        on_founded: Gets what a first opening brings: the owner's password, keys.
        verifier: What judges claims; the one that ships by default.
        fetcher: The way to the web; the real one by default.
        settings: Those of `Config`.
    """
    config = Config(home=folder / "home", keyring=folder / "keyring", **settings)
    models = OneBackend(backend or chat_backend())
    runtime = FixedRuntime(PORTABLE.digest, MANIFEST.digest)
    around = Surroundings(runtime, models, verifier=verifier, fetcher=fetcher)
    # One that servers share is not owned again while the first of them runs.
    is_there = config.database_url is not None and await is_founded(config)
    founding = None if is_there else await found(config, PORTABLE.data, around, releases or chat_releases())
    installation = await Installation.open(config, around)
    try:
        Blobs(installation.home.blobs).put(MANIFEST.data)
        if founding is not None:
            on_founded(founding)
        yield installation
    finally:
        await installation.close()


def _release(name: str, backend: str, context_tokens: int, files: str = FILE_WORDING) -> Release:
    return Release.from_toml(
        manifest_toml(
            "You answer what you are asked.",
            name=name,
            model=f'{backend}\nname = "scripted"\ncontext_tokens = {context_tokens}',
            rest=_SAMPLING.format(tokens=min(4096, context_tokens // 4)) + files,
            guard=_GUARD,
        )
    )
