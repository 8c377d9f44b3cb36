"""The page docs/reference/suites.md, made from the suites themselves."""

from __future__ import annotations

from verax.gates.suite import PROFILES, Suite, list_suites, load_suite
from verax.gates.verdict import HEAD_METRICS, METRICS

__all__ = ["suites_page"]

HEAD = """# Suites

What `verax gate list` lists: each suite's items, what it measures, what it does not see, and the floors that are
recommended for a root document. `model` floors are for a model that people work with; `small` floors are for the small
model that comes with Verax, which is often wrong: they ask little of it beyond not getting worse.

Metrics that floors may name: {metrics}. Those in *italics* compare with the head, which is then asked the same items.
[Decision 0069](../adr/0069-floors-and-regression.md) says how they are computed.
"""


def suites_page() -> str:
    """Return the text of the page."""
    names = ", ".join(f"*`{name}`*" if name in HEAD_METRICS else f"`{name}`" for name in METRICS)
    suites = [load_suite(name) for name in list_suites()]
    return "\n".join([HEAD.format(metrics=names), _table(suites), "", *(_section(suite) for suite in suites)])


def _table(suites: list[Suite]) -> str:
    rows = [f"| `{suite.name}` | {suite.title} | {suite.size} | {_for(suite)} |" for suite in suites]
    return "\n".join(["| suite | title | items | for a |", "|---|---|---|---|", *rows])


def _for(suite: Suite) -> str:
    return f"{suite.channels}, on request" if suite.on_request else suite.channels


def _section(suite: Suite) -> str:
    groups = sorted({template.group for template in suite.bank.templates})
    lines = [
        f"## `{suite.name}`: {suite.title.lower()}",
        "",
        suite.measures,
        "",
        f"{suite.size} items in {len(groups)} groups: {', '.join(groups)}.",
        f"Replies of at most {suite.max_tokens} tokens.",
        "",
        "Not seen:",
        "",
        *(f"- {spot}" for spot in suite.blind_spots),
        "",
        "| floors | metrics |",
        "|---|---|",
        *(f"| {profile} | {_floors(suite, profile)} |" for profile in PROFILES),
        "",
    ]
    return "\n".join(lines)


def _floors(suite: Suite, profile: str) -> str:
    floors = suite.floors.get(profile)
    if floors is None:
        return "not recommended"
    return ", ".join(f"`{metric}` {floor}" for metric, floor in floors.items())
