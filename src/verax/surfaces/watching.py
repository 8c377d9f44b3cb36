"""What watches an installation while it runs: rollouts, proofs, attempts; and who is told.

One call puts all of it together. Each of these can fail without the turns: the installation
goes on answering, and says in its log what does not run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from verax.config import Config
from verax.gates.rollout.authority import MachineKeys
from verax.gates.rollout.timeline import TimelineDesk, TimelineParts
from verax.gates.rollout.watch import RolloutWatch, WatchParts
from verax.store.blobs import Blobs
from verax.store.clock import Clock
from verax.store.cursors import Cursors
from verax.store.database import Database
from verax.store.governance import GovernanceStore
from verax.store.home import Home
from verax.store.keys import ServerKeys
from verax.store.membership import Membership
from verax.store.replies import ReplyLog
from verax.store.rollouts import Rollouts
from verax.store.votes import Votes
from verax.surfaces.alarm_bell import AlarmBell
from verax.surfaces.notices.mail import Mail, MailServer
from verax.surfaces.notices.notifier import Notifier, NotifierParts, Way
from verax.surfaces.notices.webhook import Webhook
from verax.surfaces.proof_probe import ProofProbe
from verax.surfaces.rollouts import RolloutDesk

__all__ = ["Service", "Watched", "Watchers", "open_watchers"]


class Service(Protocol):
    """Something that runs beside the turns."""

    def start(self) -> None: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched."""

    home: Home
    database: Database
    keys: ServerKeys
    clock: Clock
    governance: GovernanceStore
    replies: ReplyLog
    membership: Membership


@dataclass(frozen=True, slots=True)
class Watchers:
    """What surfaces need of the watchers; `services` are started in their order and closed in reverse."""

    bell: AlarmBell
    rollouts: RolloutDesk
    watch: RolloutWatch
    services: Sequence[Service]

    def start(self) -> None:
        """Start all of them."""
        for service in self.services:
            service.start()

    async def close(self) -> None:
        """Close all of them."""
        for service in reversed(self.services):
            await service.close()


def open_watchers(config: Config, watched: Watched) -> Watchers:
    """Put the watchers together; nothing runs yet."""
    governance, replies = watched.governance, watched.replies
    bell = AlarmBell(governance)
    rollouts = Rollouts(watched.database)
    votes = Votes(watched.database, watched.clock)
    keys = MachineKeys(watched.keys.seeds["monitor"], watched.keys.seeds["operator"])
    watch = _open_watch(watched, rollouts, votes, keys)
    logs = (("governance", governance.live.log), ("replies", replies.live.log))
    return Watchers(
        bell=bell,
        rollouts=RolloutDesk(governance, rollouts, votes, watched.clock, keys),
        watch=watch,
        services=(_open_notifier(config, watched), bell, ProofProbe(logs, bell), watch),
    )


def _open_watch(watched: Watched, rollouts: Rollouts, votes: Votes, keys: MachineKeys) -> RolloutWatch:
    """Put the monitor together; its timelines lie among the blobs of the governance log."""
    governance, replies, clock = watched.governance, watched.replies, watched.clock
    blobs, cursors = Blobs(watched.home.blobs), Cursors(watched.database)
    timelines = TimelineDesk(TimelineParts(governance, rollouts, cursors, blobs, clock, replies.log_id, replies.origin))
    return RolloutWatch(
        WatchParts(
            governance=governance,
            rollouts=rollouts,
            votes=votes,
            timelines=timelines,
            keys=keys,
            try_lock=watched.membership.duty,
            log_id=replies.log_id,
            clock=clock,
        )
    )


def _open_notifier(config: Config, watched: Watched) -> Notifier:
    """Put together who is told of alarms and moves; nobody where no setting says so."""
    clock = watched.clock
    ways: list[Way] = []
    if config.notify_webhook is not None:
        secret = config.notify_webhook_secret.get_secret_value() if config.notify_webhook_secret else ""
        ways.append(Webhook(config.notify_webhook.get_secret_value(), secret, lambda: clock.now_ms() // 1000))
    receivers = config.mail_receivers
    if config.notify_smtp is not None and receivers:
        server = MailServer.from_url(config.notify_smtp.get_secret_value())
        ways.append(Mail(server, config.notify_mail_from or receivers[0], receivers))
    cursors, duty = Cursors(watched.database), watched.membership.duty
    return Notifier(NotifierParts(watched.governance, cursors, ways, duty, clock))
