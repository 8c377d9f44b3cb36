"""``python -I -m verax.gates.worker CONTROL EVENTS FOLDER PARENT``: started by `verax.gates.process` only.

Order of a worker's life: it gives up what it has no use for, loads the engine, says that it is ready, asks, and says
that it is done. Nothing is asked before it is confined.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from verax.gates.worker.confine import confine
from verax.gates.worker.parent import Order, Parent

_OK, _BROKEN = 0, 1


def main(arguments: list[str]) -> int:
    """Run one order; the exit code is 0 only when every sample was taken."""
    control, events, folder, parent_pid = int(arguments[0]), int(arguments[1]), Path(arguments[2]), int(arguments[3])
    parent = Parent(control, events)
    order = Order.read()
    os.chdir(folder)
    try:
        holds = confine(folder, parent_pid)
        from verax.gates.worker.engine import ENGINE, take_samples

        parent.tell("ready", engine=ENGINE, confinement=holds)
        problem = asyncio.run(take_samples(order, parent, folder))
    except Exception as error:
        parent.tell("broken", reason=f"{type(error).__name__}: {error}"[:300])
        raise
    if problem:
        parent.tell("broken", reason=problem[:300])
        return _BROKEN
    parent.tell("done")
    return _OK


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
