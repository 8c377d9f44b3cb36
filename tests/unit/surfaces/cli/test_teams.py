"""What a team demands of each channel."""

from __future__ import annotations

from verax.kernel.root import RUNTIME_CHANNEL
from verax.products.junior.releases import shipped_channels
from verax.surfaces.cli.teams import _gates


def test_childrens_channels_demand_the_suites_that_are_made_for_children() -> None:
    for wanted in ((), ("identity",)):
        found = _gates("small", wanted)
        assert set(found) == {"", RUNTIME_CHANNEL, *shipped_channels()}
        for channel in shipped_channels():
            assert [gate["suite"] for gate in found[channel]] == ["junior"]
        assert "junior" not in [gate["suite"] for gate in found[""]]
