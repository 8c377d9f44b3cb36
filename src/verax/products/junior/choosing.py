"""A model chooses: one option, letter for letter, or nothing.

* The model reads what the child said and the options, and can answer with an option only: its output is held to a
  schema. It writes nothing that anybody reads.
* An answer that is not an option, an error of the model, and no model at all are the same: nothing was chosen, and the
  engine's own order stands.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol, cast

from verax.kernel.errors import VeraxError
from verax.kernel.release import Release
from verax.kernel.segments import Segment
from verax.models.base import Backend, Delta, ModelCall, ModelEvent, Options
from verax.products.junior.session import Engine, OpenChoice, Profile, Said, Session, Step

__all__ = ["Chooser", "ModelChooser", "answer"]

_MAX_SAID = 300


class Chooser(Protocol):
    """Chooses among texts that people wrote."""

    async def choose(self, choice: OpenChoice) -> str:
        """Return one of the options, or an empty text."""
        ...


class ModelChooser:
    """Asks a backend, under a release of Junior."""

    def __init__(self, backend: Backend, release: Release) -> None:
        self._backend = backend
        self._release = release

    async def choose(self, choice: OpenChoice) -> str:
        """Return what the model chose; an error of the model is no choice."""
        try:
            said = json.loads(await self._complete(choice))
        except (VeraxError, ValueError):
            return ""
        return said if said in choice.options else ""

    async def _complete(self, choice: OpenChoice) -> str:
        lines = "\n".join(f"- {option}" for option in choice.options)
        segments = (
            Segment("release", "system", self._release.prompt.system),
            Segment("user", "user", f"{choice.said[:_MAX_SAID]}\n{lines}"),
        )
        schema = {"enum": list(choice.options)}
        longest = max(len(option) for option in choice.options)
        options = Options(temperature=0.0, max_tokens=longest + 8, schema=schema)
        events = cast(
            "AsyncGenerator[ModelEvent, None]", self._backend.generate(ModelCall(self._release, segments, options))
        )
        async with aclosing(events):
            return "".join([event.text async for event in events if isinstance(event, Delta)])


async def answer(engine: Engine, profile: Profile, session: Session, said: Said, chooser: Chooser | None) -> Step:
    """Run one turn of an engine, with a model for what is open where there is one."""
    choice = engine.open_choice(profile, session, said) if chooser is not None else None
    chosen = await chooser.choose(choice) if chooser is not None and choice is not None else ""
    return engine.reply(profile, session, said, chosen if choice is not None and chosen in choice.options else "")
