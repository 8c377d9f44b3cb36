"""Play one mutation against a fresh copy of the installation, and judge what it does then.

*Verdicts*

identical
    Every question of `bench.mutations.behaviour` has the answer that it had.
refused
    The start ends with a code, or every question that is answered otherwise is refused with a code; and
    there is an alarm: in the log, among those that wait for the log to be mended, or as a refused start,
    which the next start that succeeds writes into the log.
shown outside
    An older or another history is served, validly signed with the log's key; the checkpoint that a reader
    or the witness holds does not fit it, which any of them can check alone (the witness was cut off, or
    it would have ended the start).
in the open
    What the rules make of the log, with an alarm in it. Either a statement was added with a key of the
    server's folder that the root gives a role: it stands in the log, signed, and an alarm says that it did
    not come by the door. Or every cosignature was taken away, so that a channel that waits for witnesses
    is as it was before its newest move: an alarm and every record of a turn say so.
as the server
    A statement was added with such a key, and every mark on the disk was signed as the server itself would
    have: whoever reads the keys of the folder can do what the server may do by itself, which is to freeze,
    to take back, to step a canary, and to admit what people approved. Only the log shows it.
erased
    Stored turns are gone, and the server says that it holds none of that id, as after an erasure by their
    owner, which leaves no trace that links anybody to a leaf. What people took home still verifies.
nowhere to tell
    The start is refused, and the place that it was told to use is no data folder: there is no log.
no alarm
    Refused, but nothing says so anywhere. A fault.
broken
    The start or a turn ended in something else than an error with a code. A fault.
not made
    The benchmark itself failed. A fault.
different
    Some answer is another one, and none of the above holds. The fault that all this looks for.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import apsw

from bench.mutations.behaviour import Behaviour, Difference, differences, observe
from bench.mutations.case import Case, Mutator, Skip, copy_tree, read_tree
from bench.mutations.entries import ENTRIES
from bench.mutations.files import FILES
from bench.mutations.marks import MARKS
from bench.mutations.remembered import remember
from bench.mutations.rows import ROWS
from bench.mutations.settings import PACKAGE, SETTINGS
from bench.mutations.world import World, opened, runtime_of, scripted_model
from verax.config import Config, load_config
from verax.kernel import canonical
from verax.kernel.checkpoint import open_checkpoint
from verax.kernel.dsse import Envelope
from verax.kernel.errors import CanonicalError, KernelError, VeraxError
from verax.kernel.merkle import check_consistency
from verax.kernel.note import VerifierKey
from verax.kernel.statement import Alarm, parse_statement
from verax.kernel.tiles import parse_bundle
from verax.store.disk import read_regular
from verax.store.refusals import noting_refusals, read_refusals
from verax.surfaces.installation import Installation
from verax.surfaces.launch.environment import check_environment, kept_environment
from verax.surfaces.proof_probe import ProofProbe

__all__ = ["FAULTS", "GROUPS", "Outcome", "Player", "play_numbers"]

_NOT_MADE = "not made"
FAULTS = ("no alarm", "broken", "different", _NOT_MADE)
"""Verdicts that must not occur."""

GROUPS: Mapping[str, tuple[int, Mapping[Mutator, int]]] = {
    "files": (25, FILES),
    "rows": (35, ROWS),
    "entries": (15, ENTRIES),
    "marks": (15, MARKS),
    "settings": (9, SETTINGS),
    "package": (1, PACKAGE),
}
"""Groups of mutators with their weights."""

_LIMIT_S = 120.0
_RUNNING = 0.2
_TRIES = 50
_RUNNING_GROUPS = ("files", "rows", "entries", "marks")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one mutation.

    Attributes:
        what: The mutation in words.
        codes: Codes of refusals.
        alarms: Codes of alarms that were not there before.
        changed: What was answered otherwise, where that matters.
    """

    number: int
    group: str
    kind: str
    what: str
    is_running: bool
    verdict: str
    codes: Sequence[str] = ()
    alarms: Sequence[str] = ()
    changed: Sequence[str] = ()
    seconds: float = 0.0


@dataclass
class _Sight:
    """What is seen of an installation under mutation."""

    behaviour: Behaviour | None = None
    refusal: str = ""
    defect: str = ""
    alarms: set[str] = field(default_factory=set)
    is_contradicted: bool = False
    is_ruled: bool = False
    is_as_server: bool = False
    has_folder: bool = True


class Player:
    """Plays mutations of one world by their numbers.

    Args:
        world: At rest.
        seed: With the number it decides a mutation.
        scratch: Where copies are made.
    """

    def __init__(self, world: World, seed: int, scratch: Path) -> None:
        self._world = world
        self._seed = seed
        self._scratch = scratch
        self._home, self._witness = read_tree(world.home), read_tree(world.folder / "witness")
        self._before: Behaviour = {}

    async def start(self) -> None:
        """Learn how the untouched installation behaves; two openings must agree."""
        for _ in range(2):
            case = self._case(random.Random(0))
            sight = await self._see(case, None)
            if sight.behaviour is None or (self._before and differences(self._before, sight.behaviour)):
                raise RuntimeError(f"the untouched installation does not answer alike: {sight}")
            if sight.alarms:
                raise RuntimeError(f"the untouched installation raises alarms: {sorted(sight.alarms)}")
            self._before = sight.behaviour
            shutil.rmtree(case.folder)

    async def play(self, number: int) -> Outcome:
        """Make mutation `number`, look, and judge."""
        for attempt in range(_TRIES):
            rng = random.Random(f"mutation {self._seed} {number} {attempt}")
            group = rng.choices(list(GROUPS), [weight for weight, _ in GROUPS.values()])[0]
            mutators = GROUPS[group][1]
            mutator = rng.choices(list(mutators), list(mutators.values()))[0]
            is_running = group in _RUNNING_GROUPS and rng.random() < _RUNNING
            with contextlib.suppress(Skip):
                return await self.play_this(mutator, rng, number=number, group=group, is_running=is_running)
        raise RuntimeError(f"mutation {number}: none could be made in {_TRIES} tries")

    async def play_this(
        self, mutator: Mutator, rng: random.Random, *, number: int = 0, group: str = "", is_running: bool = False
    ) -> Outcome:
        """Make one mutation, look, and judge.

        Raises:
            Skip: it cannot be made here.
        """
        started_s = time.perf_counter()
        case = self._case(rng)
        case.is_running = is_running
        try:
            what, sight = await self._try(case, mutator)
        except Skip:
            raise
        except Exception as error:  # noqa: BLE001 - a mutator that fails is a fault of the benchmark, and named
            what, sight = f"{type(error).__name__}: {error}"[:300], _Sight(defect=_NOT_MADE)
        finally:
            _remove(case.folder)
        verdict, changed = self._judge(sight)
        return Outcome(
            number=number,
            group=group,
            kind=mutator.__name__,
            what=what,
            is_running=is_running,
            verdict=verdict,
            codes=sorted({sight.refusal} if sight.refusal else {item.now[8:] for item in changed if item.is_refusal}),
            alarms=sorted(sight.alarms),
            changed=[sight.defect] if sight.defect else _shown(changed),
            seconds=round(time.perf_counter() - started_s, 3),
        )

    async def _try(self, case: Case, mutator: Mutator) -> tuple[str, _Sight]:
        if case.is_running:
            words: list[str] = []
            sight = await self._see(case, lambda: words.append(mutator(case)))
            if not words:
                raise RuntimeError(f"the untouched installation did not start: {sight.refusal or sight.defect}")
            return words[0], sight
        what = mutator(case)
        return what, await self._see(case, None)

    def _case(self, rng: random.Random) -> Case:
        folder = Path(tempfile.mkdtemp(prefix="case-", dir=self._scratch))
        copy_tree(self._home, folder / "home")
        copy_tree(self._witness, folder / "witness")
        return Case(folder, self._world, rng)

    async def _see(self, case: Case, mutate: object) -> _Sight:
        named = Path(case.environ.get("VERAX_HOME", case.home))
        sight = _Sight(has_folder=not _is_file(named))
        try:
            async with asyncio.timeout(_LIMIT_S):
                with noting_refusals(named), _variables(case) as config:
                    await self._open(case, config, sight, mutate)
        except Skip:
            raise
        except VeraxError as error:
            sight.refusal = error.reason_code
            sight.alarms |= set(read_refusals(named))
        except Exception as error:  # whatever else ends a start is what this looks for
            sight.defect = f"{type(error).__name__}: {error}"[:300]
            logging.getLogger("bench").info("defect", exc_info=True)
        if sight.defect or sight.behaviour is None or differences(self._before, sight.behaviour) or not self._before:
            sight.alarms |= _new_alarms(case, self._world)
        return sight

    async def _open(self, case: Case, config: Config, sight: _Sight, mutate: object) -> None:
        model = scripted_model()
        runtime = runtime_of(case.package)
        async with opened(case.folder, model, config, runtime, is_cut_off=case.is_cut_off) as installation:
            held = set(installation.governance.state.held)
            if callable(mutate):
                mutate()
                found = dict(await observe(installation, model, self._world))
                await installation.governance.check_and_tell()
                for service in installation.watchers.services:
                    if isinstance(service, ProofProbe):
                        await service.probe()
                later = await observe(installation, model, self._world)
                sight.behaviour = _worse(self._before, found, later)
            else:
                sight.behaviour = await observe(installation, model, self._world)
            sight.is_contradicted = _contradicts(installation, self._world)
            sight.is_as_server = _has_new_statement(installation, self._world)
            sight.is_ruled = sight.is_as_server or bool(held)

    def _judge(self, sight: _Sight) -> tuple[str, list[Difference]]:
        if sight.defect:
            return (_NOT_MADE if sight.defect == _NOT_MADE else "broken"), []
        if sight.behaviour is None:
            return ("refused" if sight.alarms else "no alarm" if sight.has_folder else "nowhere to tell"), []
        changed = differences(self._before, sight.behaviour)
        if not changed:
            return "identical", []
        if all(item.is_erasure for item in changed):
            return "erased", changed
        if all(item.is_refusal for item in changed):
            return ("refused" if sight.alarms else "no alarm"), changed
        if sight.is_contradicted:
            return "shown outside", changed
        if sight.is_ruled and sight.alarms:
            return "in the open", changed
        if sight.is_as_server:
            return "as the server", changed
        return "different", changed


def play_numbers(
    numbers: Sequence[int], seed: int, world: Path, scratch: Path, lines: Path | None = None
) -> list[dict[str, Any]]:
    """Play some mutations one after the other; runs in a process of its own.

    Args:
        lines: A file that gets a line of JSON for each mutation as soon as it was played.
    """
    logging.disable(logging.CRITICAL)
    if not _players:
        remember()
        gc.freeze()

    async def run() -> list[dict[str, Any]]:
        player = await _ready_player(seed, world, scratch)
        outcomes = []
        for number in numbers:
            outcomes.append(asdict(await player.play(number)))
            if lines is not None:
                with lines.open("a") as file:
                    file.write(json.dumps(outcomes[-1]) + "\n")
        return outcomes

    return asyncio.run(run())


_players: dict[tuple[int, Path, Path], Player] = {}


async def _ready_player(seed: int, world: Path, scratch: Path) -> Player:
    """Return the player of this process; it begins once."""
    key = (seed, world, scratch)
    if key not in _players:
        player = Player(World.load(world), seed, scratch)
        await player.start()
        _players[key] = player
    return _players[key]


def _shown(changed: Sequence[Difference]) -> list[str]:
    """Return a few of the answers that are others, refusals left out."""
    return [f"{item.question}: {item.before} → {item.now}" for item in changed if not item.is_refusal][:4]


def _worse(before: Behaviour, one: Behaviour, other: Behaviour) -> Behaviour:
    """Return of each question the answer that differs, the first of the two that does; a refusal last."""
    chosen = {}
    for question, answer in before.items():
        answers = [found.get(question, "nothing") for found in (one, other)]
        wrong = [found for found in answers if found != answer]
        chosen[question] = next((found for found in wrong if not found.startswith("refused ")), (wrong or [answer])[0])
    return chosen


@contextlib.contextmanager
def _variables(case: Case) -> Iterator[Config]:
    """Let the case's variables hold as in a process that the launcher starts, and read the settings.

    Raises:
        VeraxError: the launcher or the configuration refuses them.
    """
    own = {"HOME": str(case.folder), "VERAX_HOME": str(case.home), "VERAX_KEYRING": str(case.folder / "keyring")}
    environ = own | case.environ
    check_environment(environ)
    kept = kept_environment(environ)
    before = {name: os.environ.get(name) for name in case.environ}
    os.environ.update({name: kept[name] for name in case.environ if name in kept and not name.startswith("VERAX_")})
    time.tzset()
    try:
        yield load_config(environ=kept).config
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({} if value is None else {name: value})
        time.tzset()


def _new_alarms(case: Case, world: World) -> set[str]:
    """Return the codes of alarms that the log got since, in the database or in what it published, and of those
    that wait until it is mended."""
    found: set[str] = set()
    with contextlib.suppress(apsw.Error, OSError):
        connection = apsw.Connection(str(case.database) if case.database.is_file() else ":memory:")
        with contextlib.closing(connection):
            sql = "SELECT entry FROM log_entries WHERE log_id = 0 AND idx >= ?"
            found |= {code for (entry,) in connection.execute(sql, (world.size,)) for code in _code_of(entry)}
    bundles = (case.governance / "tile" / "entries" / "000.p").glob("*")
    newest = max((path for path in bundles if path.name.isdigit()), key=lambda path: int(path.name), default=None)
    with contextlib.suppress(OSError, KernelError):
        entries = [] if newest is None else parse_bundle(read_regular(newest), int(newest.name))
        found |= {code for entry in entries[world.size :] for code in _code_of(entry)}
    with contextlib.suppress(OSError, CanonicalError, TypeError, KeyError):
        found |= {item["code"] for item in canonical.decode(read_regular(case.home / "alarms.waiting"))}
    return found


def _code_of(entry: bytes) -> list[str]:
    """Return the code of an alarm; nothing for other entries."""
    with contextlib.suppress(KernelError, TypeError):
        statement = parse_statement(Envelope.parse(entry).payload)
        return [statement.code] if isinstance(statement, Alarm) else []
    return []


def _contradicts(installation: Installation, world: World) -> bool:
    """Say whether the checkpoint that a reader holds does not fit what is served, by the reader's own check."""
    keys = [VerifierKey.parse(text) for text in world.log_keys[:1]]
    log = installation.governance_log.log
    try:
        held = open_checkpoint(world.checkpoint.encode(), keys[0].name, keys)
        now = open_checkpoint(log.published.checkpoint, keys[0].name, keys)
        check_consistency(held.size, held.root, now.size, now.root, log.consistency_now(held.size, now.size))
    except VeraxError:
        return True
    return False


def _has_new_statement(installation: Installation, world: World) -> bool:
    state = installation.governance.state
    return any(item.effective and item.kind != "alarm" for item in state.outcomes[world.size :])


def _is_file(path: Path) -> bool:
    return path.is_file()


def _remove(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)
