"""Words that say the opposite of one another, as far as a sentence turns round with them. English."""

from __future__ import annotations

from verax.truth.content import base_form

__all__ = ["opposites_of"]

_PAIRS = """
rise rises rising rose risen | fall falls falling fell fallen
increase increased | decrease decreased decline declined drop drops dropped shrank shrunk dwindled plunged
rise rises rising rose risen climb climbed soared | decrease decreased decline declined drop drops dropped
increase increased grow grows growing grew grown | fall falls falling fell fallen
grow grows growing grew grown | decrease decreased decline declined shrank shrunk
highest | lowest
largest biggest | smallest
longest | shortest
oldest | newest youngest
earliest first | latest last
most | least fewest
more | less fewer
best | worst
better | worse
higher | lower
above | below
majority | minority
accept accepts accepted approve approves approved | reject rejects rejected refuse refuses refused
allow allows allowed permit permits permitted | forbid forbids forbade forbidden prohibit prohibits prohibited
allow allows allowed permit permits permitted | ban bans banned
win wins won | lose loses lost
gain gains gained | lose loses lost
open opens opened | close closes closed
begin begins began begun start started | end ended finish finished stop stopped cease ceased
north northern | south southern
east eastern | west western
left | right
male | female
son | daughter
brother | sister
father | mother
husband | wife
buy buys bought | sell sells sold
import imports imported | export exports exported
arrive arrived | depart departed
succeed succeeded | fail failed
victory | defeat
profit | loss
surplus | deficit
positive | negative
add added | remove removed
include included | exclude excluded
guilty | innocent
convicted | acquitted
alive | dead
born | died
public | private
voluntary | compulsory mandatory
faster | slower
cheaper | dearer
oldest | youngest
strengthened | weakened
doubled | halved
confirm confirmed | deny denied
support supported | oppose opposed
"""


def _table() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _PAIRS.strip().splitlines():
        sides = [{base_form(word) for word in side.split()} for side in line.split("|")]
        for side, other in (sides, reversed(sides)):
            for word in side:
                found[word] = found.get(word, frozenset()) | other
    return found


_OPPOSITES = _table()


def opposites_of(form: str) -> frozenset[str]:
    """Return the opposites of a word; both are without their regular endings."""
    return _OPPOSITES.get(form, frozenset())
