"""Asks an engine the items of a suite, at any depth of a session.

* An item's calls follow each other in one session; only the child's new line of each call is said.
* Before them come filler turns that children would take: questions, taps, sums. Depth 1 has none, depth 60 has 59.
* The answers are those that a surface would show, so a suite's scorer marks them as it marks recorded turns.
"""

from __future__ import annotations

from dataclasses import dataclass

from verax.gates.items import Answer, Item, Sample
from verax.kernel.release import Release
from verax.products.junior.choosing import Chooser, answer
from verax.products.junior.session import Engine, Kind, Profile, Said, Step

__all__ = ["DEPTHS", "Probed", "begin", "probe"]

DEPTHS = (1, 10, 30, 60)
"""Turns at which the same probes are asked."""

_FILLERS = (
    *(Said("why is the sky blue?"), Said("sing a song"), Said(tap="next"), Said(tap="story"), Said("the owl")),
    *(Said("in the castle"), Said("7 x 8"), Said("54"), Said("56"), Said("hello"), Said("what do penguins eat")),
    *(Said(tap="puzzle"), Said("12"), Said(tap="letters"), Said("cup"), Said("red"), Said("tell me a story")),
    *(Said("how do bees make honey"), Said(tap="tale"), Said("lalala"), Said("count to three"), Said(tap="robot")),
    *(Said("forward forward"), Said("I am bored"), Said("my dog is brown")),
)


@dataclass(frozen=True, slots=True)
class Probed:
    """A sample for the scorer, and the last step for figures that no text shows."""

    sample: Sample
    last: Step

    @property
    def kind(self) -> Kind:
        """Return what the last reply is."""
        return self.last.reply.kind


def begin(engine: Engine, profile: Profile, depth: int) -> Step:
    """Return the last step of a session just before turn `depth`; fillers are told without a model."""
    step = engine.greet(profile)
    for number in range(depth - 1):
        step = engine.reply(profile, step.session, _FILLERS[number % len(_FILLERS)])
    return step


async def probe(
    engine: Engine,
    profile: Profile,
    item: Item,
    begun: Step,
    *,
    release: Release | None = None,
    chooser: Chooser | None = None,
) -> Probed:
    """Ask one item in a session that has begun."""
    step, answers = begun, []
    for call in item.calls:
        said = [line.text for line in call.lines if line.role == "user"][-1]
        step = await answer(engine, profile, step.session, Said(said), chooser)
        answers.append(Answer("complete", step.reply.text))
    return Probed(Sample(item, tuple(answers), release), step)
