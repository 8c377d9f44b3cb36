"""Finding a change by what a person calls it."""

from __future__ import annotations

from verax.kernel.errors import UnknownObject
from verax.kernel.fold_state import ChangeState, State

__all__ = ["find_change"]

_MIN_DIGITS = 6


def find_change(state: State, which: str) -> ChangeState:
    """Return the change that `which` names: its id, or the first digits of it, `_MIN_DIGITS` at least.

    Raises:
        UnknownObject: nothing or more than one has that name.
    """
    found = [change for change_id, change in state.changes.items() if change_id.startswith(which)]
    if len(found) != 1 or len(which) < _MIN_DIGITS:
        raise UnknownObject(
            f"change {which[:64]!r}: expected one change, found {len(found)}",
            hint=f'"verax change list --all" lists them; give at least {_MIN_DIGITS} digits',
        )
    return found[0]
