"""What an alarm means and what to do about it, in plain words, by its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ALARM_MEANINGS", "AlarmMeaning", "meaning_of"]


@dataclass(frozen=True, slots=True)
class AlarmMeaning:
    """One sentence each."""

    meaning: str
    next_step: str


_RESTORE = (
    "Stop the server and run `verax log verify`; restore the newest backup if it says that something does not hold."
)

ALARM_MEANINGS: Mapping[str, AlarmMeaning] = {
    "attempt/banned": AlarmMeaning(
        "An application sent a text that was rolled back; the turn was refused.",
        "The server's log says which application; a text returns only through a review that names its ban.",
    ),
    "attempt/forbidden": AlarmMeaning(
        "Somebody who is signed in tried to govern or administer without the role for it.",
        "The server's log of that time says who; ask them, or take their keys back.",
    ),
    "attempt/refused": AlarmMeaning(
        "Somebody who is signed in sent a statement that the rules refuse: too few approvals, the own change, a stale "
        "or banned one, or one that was made before.",
        "The detail says what kind and why, the server's log who; ask them.",
    ),
    "attempt/signature": AlarmMeaning(
        "Somebody who is signed in sent a signature by a key that the root does not name.",
        "The server's log of that time says who; ask them which key they used.",
    ),
    "gate/broken": AlarmMeaning(
        "A suite of tests could not be run whole; it is tried again, three times in all, and the change stays open.",
        "Look at the server's log of that time for what broke.",
    ),
    "integrity/broken": AlarmMeaning("What is stored is not what was signed.", _RESTORE),
    "governance/log-key": AlarmMeaning(
        "The governance log was signed by a key that the root does not name; no new turns begin.",
        "Find out who changed the server's keys, and restore them from a backup.",
    ),
    "governance/stale": AlarmMeaning(
        "The governance log could not be checked for longer than the root allows; the channel answers nobody.",
        "The server's log says why the check fails: the database or the disk, most often.",
    ),
    "governance/unchecked": AlarmMeaning(
        "The governance log could not be checked, most often because the database takes nothing; turns may fail.",
        "The detail names the reason by its code; look at the disk, and at who else writes to the database.",
    ),
    "log/failed-proof": AlarmMeaning(
        "A log is not as it was published, or an entry of it can no longer be proved from its tiles.", _RESTORE
    ),
    "log/foreign": AlarmMeaning(
        "An entry stands in the governance log that has an effect and that no server took in by the front door.",
        "Either the server ended in the middle of writing it, or somebody wrote to the database beside it: read the "
        "entry, and ask whoever signed it.",
    ),
    "log/no-effect": AlarmMeaning(
        "An entry stands in the governance log that has no effect and did not come in by the front door.",
        "Somebody wrote to the database or its files beside the server: find out who has access to it.",
    ),
    "log/rolled-back": AlarmMeaning(
        "A log is older than what this server had already published, or begins differently.",
        "Find out who put an older data folder or database in place, and restore the newest one.",
    ),
    "monitor/no-key": AlarmMeaning(
        "The monitor found a canary worse than its head, and the root names no key of this server to take it back.",
        "Roll the channel back yourself with `verax channel rollback`, and name a monitor key in the next root.",
    ),
    "monitor/tripped": AlarmMeaning(
        "The monitor found a canary worse than its head.", "Read the timeline of the rollback before you try again."
    ),
    "prompt/differs": AlarmMeaning(
        "A prompt that was about to be sent to a model was not the one that had been composed; the turn was ended.",
        "Stop the server, run `verax doctor`, and compare the code with `verax runtime show`.",
    ),
    "rollout/rolled-back": AlarmMeaning(
        "A release was taken back; what it had added cannot return unless a review names it.",
        "Read the timeline that the alarm names, and tell the people who were answered by that release.",
    ),
    "runtime/changed": AlarmMeaning(
        "A file of the running code changed, or code was loaded that was not there at the start; no new turns begin.",
        "Find out what changed (the server's log names it), then start the server again.",
    ),
    "runtime/not-admitted": AlarmMeaning(
        "The server was started on code that nobody admitted; every turn is refused.",
        "After an update, admit the code with `verax runtime admit`, or as a change that others review; else find out "
        "who changed it, with `verax runtime show`.",
    ),
    "start/refused": AlarmMeaning(
        "Earlier starts of this server were refused, because something was not what it had been.",
        "The detail names the reason by its code; find out who changed what, and whether it is in order now.",
    ),
    "store/corrupt": AlarmMeaning("A stored entry, tile or blob does not have its digest.", _RESTORE),
    "store/failed": AlarmMeaning(
        "The database or the disk did not do what a call needed, so the call was refused: a turn, most often.",
        "The server's log names the file; look at the disk, and at who else writes there.",
    ),
    "store/full": AlarmMeaning(
        "The disk is full, so a call was refused: a turn, most often.",
        "Free space on that disk; nothing that was acknowledged is lost.",
    ),
    "weights/digest-mismatch": AlarmMeaning(
        "A file of weights is not the one that the release names.",
        "Run `verax doctor`; put the right file back, or release the new one.",
    ),
    "witness/waiting": AlarmMeaning(
        "No checkpoint on the disk carries the witnesses that the channel's newest move needs, so it is as before.",
        "`verax witness status` says which witnesses do not answer; if they did, find out who changed the files.",
    ),
}

_UNKNOWN = AlarmMeaning(
    "A guard of this installation noticed something that should not happen.",
    "Look at the server's log of that time, and run `verax doctor`.",
)


def meaning_of(code: str) -> AlarmMeaning:
    """Return what a code means; a general answer for one that stands nowhere."""
    return ALARM_MEANINGS.get(code, _UNKNOWN)
