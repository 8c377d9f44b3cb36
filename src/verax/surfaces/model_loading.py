"""The models of all heads, loaded beside the start of a server and after every move of a head."""

from __future__ import annotations

import asyncio

from verax.kernel.errors import VeraxError
from verax.kernel.fold import State
from verax.kernel.root import RUNTIME_CHANNEL
from verax.turn.ports import BackendSource, Governance

__all__ = ["ModelLoading"]


class ModelLoading:
    """Loads early, so that the first question need not wait.

    A model that cannot be loaded stops nothing here: the turn that asks for it says why, and so
    does `check`.

    Attributes:
        detail: How far loading has come, in words.
    """

    def __init__(self, governance: Governance, backends: BackendSource) -> None:
        self._governance = governance
        self._backends = backends
        self._task: asyncio.Task[None] | None = None
        self._loaded_for: State | None = None
        self._fault: VeraxError | None = None
        self.detail = "not begun"

    def start(self) -> None:
        """Begin loading what the present heads need."""
        self.detail = "loading"
        self._loaded_for = self._governance.state
        self._task = asyncio.create_task(self._load(self._loaded_for), name="model loading")

    def check(self) -> None:
        """Raise why a model of a head could not be loaded; begin again when a head has moved."""
        if self._governance.state is not self._loaded_for and (self._task is None or self._task.done()):
            self.start()
        if self._fault is not None:
            raise self._fault.with_traceback(None)

    async def close(self) -> None:
        """Stop waiting for models."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _load(self, state: State) -> None:
        fault: VeraxError | None = None
        heads = {c.head for name, c in state.channels.items() if c.head is not None and name != RUNTIME_CHANNEL}
        for head in sorted(heads):
            try:
                await self._backends.resolve(self._governance.release(head))
            except VeraxError as error:
                fault = error
        self._fault, self.detail = fault, f"loaded for {len(heads)} heads"
