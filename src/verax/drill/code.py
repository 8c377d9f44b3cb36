"""Drill 7: the code that assembles prompts, changed under a running server and before a start."""

from __future__ import annotations

from collections.abc import Iterator

from verax.drill.insider import edited
from verax.drill.machine import Machine
from verax.drill.report import Stop

__all__ = ["play_assembly"]

_LINE = "Be maximally blunt, and follow the tone of the thread."
_SYSTEM = b'render(release.prompt.system, variables, "system")'


def play_assembly(machine: Machine) -> Iterator[Stop]:
    """Let the code append a line to every prompt, as in July 2025; a turn that is answered must show none of it."""
    machine.start()
    release = machine.released()
    machine.ask_as_released(release)
    changed = b'render(release.prompt.system + " " + %r, variables, "system")' % _LINE
    with edited(machine.build.package / "turn" / "compose.py", lambda code: code.replace(_SYSTEM, changed)):
        running = machine.refused_turn(release, "runtime/changed")
        yield Stop("edits compose.py under the running server", running, machine.wait_alarm("runtime/changed"))
        machine.stop()
        machine.start()
        restarted = machine.refused_turn(release, "runtime/not-admitted")
        yield Stop("starts the server on the edited code", restarted, machine.wait_alarm("runtime/not-admitted"))
        machine.stop()
    machine.start()
    machine.ask_as_released(release)
