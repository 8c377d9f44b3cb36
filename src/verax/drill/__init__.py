"""``verax drill``: the incidents that Verax must withstand, played as an insider would play them.

>>> from verax.drill.playing import DRILLS
>>> [drill.number for drill in DRILLS]
[1, 2, 3, 4, 5, 6, 7, 8, 9]

* `build` copies the code, `founding` makes a machine of it, `machine` starts, asks and ends it.
* `people`, `gatekeeper` and `witness` stand outside of what the insider reaches; `model` keeps what a prompt was.
* `keys`, `files`, `logs`, `code`, `may` and `july` hold the drills, `playing` their order, `report` what came of them.
* Nothing of the server imports this room, and a server never loads it (`launch.measure`).
"""

__all__: list[str] = []
