"""Further replies to the same prompt, drawn to see whether the model says the same again.

* The model is asked once for all: its first choice is the reply and flows at once, the others never
  leave. Each has a seed of its own (the turn's seed and its place), so all follow from the record.
* They are not evidence. A model that errs the same way each time agrees with itself.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator

from verax.models.base import Delta, Finish, ModelEvent, ToolDelta

__all__ = ["Samples"]


class Samples:
    """Takes the further replies out of a model's events, and keeps those that came to an end."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}
        self._whole: set[int] = set()

    @property
    def texts(self) -> tuple[str, ...]:
        """The whole samples, in their order."""
        return tuple(self._texts.get(choice, "") for choice in sorted(self._whole))

    async def pass_on(self, events: AsyncIterator[ModelEvent]) -> AsyncGenerator[ModelEvent, None]:
        """Yield the model's events without those of samples."""
        async for event in events:
            if not isinstance(event, Delta | ToolDelta | Finish) or event.choice == 0:
                yield event
            elif isinstance(event, Delta):
                self._texts[event.choice] = self._texts.get(event.choice, "") + event.text
            elif isinstance(event, Finish):
                self._whole.add(event.choice)
