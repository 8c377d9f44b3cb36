"""``verax guard``: any text judged by the policy of an audience, on this machine and without a server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verax.kernel.errors import ConfigError, RequestError
from verax.kernel.release_parts import AUDIENCES
from verax.surfaces.cli.output import FAILED, print_json, print_text, say

if TYPE_CHECKING:
    from verax.guard.exact import Direction
    from verax.guard.moderation import Moderated

__all__ = ["guard"]

_COLOURS = {"mark": "yellow", "alert": "yellow", "rewrite": "magenta", "refuse": "red", "crisis": "red"}
_SNIPPET = 60


@click.command()
@click.argument("text", required=False)
@click.option(
    "--file",
    "file",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Read the text from a file, - for standard input.",
)
@click.option("--audience", type=click.Choice(AUDIENCES), default="adult", show_default=True, help="Whose policy.")
@click.option(
    "--direction",
    type=click.Choice(["input", "output"]),
    default="input",
    show_default=True,
    help="What such a person says, or what is said to one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as POST /v1/moderations gives it.")
def guard(text: str | None, file: str | None, audience: str, direction: str, as_json: bool) -> int:
    """Judge TEXT by the guard policy of an audience, and print what it finds.

    Nothing is sent anywhere: the text is read on this machine.

    Exit codes: 0 the policy lets it pass, 1 it refuses, 2 there is no text to read.
    """
    from verax.guard.audience import Audience
    from verax.guard.judges import ScoreBook
    from verax.guard.moderation import moderate
    from verax.guard.moderation_object import moderation_object
    from verax.surfaces.guarding import local_judge

    given = _read(text, file)
    judge = local_judge()
    book = ScoreBook([] if judge is None else [judge])
    side: Direction = "input" if direction == "input" else "output"
    results = asyncio.run(moderate([given], Audience(audience), side, book))
    if as_json:
        print_json(moderation_object("modr-cli", results, Audience(audience), side, book.identities))
    else:
        _show(given, results[0])
    return FAILED if results[0].is_refused else 0


def _read(text: str | None, file: str | None) -> str:
    from verax.guard.moderation import MAX_CHARS

    if (text is None) == (file is None):
        raise click.UsageError("give a TEXT, or --file FILE")
    given = text if text is not None else _read_file(file or "-")
    if not given.strip():
        raise click.UsageError("the text is empty")
    if len(given) > MAX_CHARS:
        raise RequestError(f"text: expected at most {MAX_CHARS} characters, found {len(given)}", hint="split it")
    return given


def _read_file(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    return data.decode("utf-8", "replace")


def _show(text: str, result: Moderated) -> None:
    for item in result.findings:
        action = click.style(item.action, fg=_COLOURS[item.action], bold=True)
        name = f"{item.category}/{item.kind}" if item.kind else str(item.category)
        snippet = " ".join(text[item.start : item.end].split())
        print_text(f"{action} {name} {item.score:.2f} [{item.start}:{item.end}]  {snippet[:_SNIPPET]}")
    decision = result.decision
    held = {item.category for item in result.findings}
    for category in result.flags:
        if category not in held:
            print_text(
                f"{click.style('flag', bold=True)} {category} {result.scores[category]:.2f}  the policy lets it pass"
            )
    quiet = "allow" if result.flags else "nothing found"
    say(f"{decision.action}: {decision.category.replace('_', ' ')}" if decision.category else quiet)
