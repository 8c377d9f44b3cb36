"""``verax junior``: for guardians, what the pages for parents do; for whoever runs the server, its channels."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from verax.kernel.errors import ConfigError, VeraxError
from verax.surfaces.cli.ask import TURN_TIMEOUT_S, stream_reply
from verax.surfaces.cli.output import DONE, FAILED, confirm, print_json, print_rows, print_text, say, say_error
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["junior"]

_BANDS = ("2-4", "5-7", "8-12")
_PROFILES = "/v1/junior/profiles"
_COLUMNS = ["id", "band", "child", "place", "daily_minutes", "session_minutes", "bedtime", "log_days"]
_yes = click.option("--yes", is_flag=True, help="Do not ask first.")


@click.group()
def junior() -> None:
    """Junior, the assistant for children: profiles, a try in the terminal, folders of your own, its channels."""


@junior.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"profiles": [{id, band, colour, animal, …}]}.')
@pass_session
def list_profiles(session: Session, as_json: bool) -> None:
    """List the profiles of your children."""
    found = session.signed_in_client().get_json(_PROFILES)["data"]
    if as_json:
        print_json({"profiles": [{name: item[name] for name in _SHOWN} for item in found]})
        return
    print_rows(_COLUMNS, [_row(item) for item in found])


@junior.command("create")
@click.option("--band", type=click.Choice(_BANDS), required=True, help="Age of the child.")
@click.option("--colour", required=True, help="With the animal what the child is called here.")
@click.option("--animal", required=True)
@click.option("--country", required=True, metavar="CC", help="Two letters, for helplines.")
@click.option("--helpline", nargs=2, metavar="NAME NUMBER", help="A helpline that you looked up, for the listed one.")
@click.option("--zone", required=True, metavar="ZONE", help="Where the child lives: Europe/Berlin.")
@click.option("--classroom", is_flag=True, help="You are the child's teacher.")
@click.option("--hold", "held", metavar="TOPIC", multiple=True, help="A topic that may not come up; repeat it.")
@click.option("--daily", type=click.IntRange(1, 1440), default=30, show_default=True, help="Minutes of a day.")
@click.option("--sitting", type=click.IntRange(1, 1440), help="Minutes between two breaks.")
@click.option("--bedtime", metavar="HH:MM-HH:MM", help="When Junior sleeps.")
@click.option("--log-days", type=click.IntRange(1, 90), help="Keep a readable log for so long; the child is told.")
@_yes
@pass_session
def create(session: Session, /, yes: bool, classroom: bool, **asked: Any) -> None:
    """Make a profile, after showing what is kept of the child."""
    client = session.signed_in_client()
    days = asked["log_days"]
    choices = client.get_json("/v1/junior/choices" + ("" if days is None else f"?log_days={days}"))
    say("kept of the child:")
    for term in choices["terms"]:
        until = "until you erase the profile" if term["days"] is None else f"{term['days']} days"
        say(f"  {term['what']}: {term['why']} ({until})")
    confirm("agree to this?", is_given=yes)
    made = client.post_json(
        _PROFILES,
        {
            **{name: asked[name] for name in ("band", "colour", "animal", "country")},
            "helpline": None
            if asked["helpline"] is None
            else dict(zip(("name", "phone"), asked["helpline"], strict=True)),
            "place": "classroom" if classroom else "home",
            "topics_held": list(asked["held"]),
            "daily_minutes": asked["daily"],
            "session_minutes": asked["sitting"],
            "bedtime": _bedtime(asked["bedtime"]),
            "time_zone": asked["zone"],
            "log_days": days,
            "agreed": [term["name"] for term in choices["terms"]],
        },
    )
    print_text(made["id"])


@junior.command("erase")
@click.argument("profile", metavar="ID")
@_yes
@pass_session
def erase(session: Session, profile: str, yes: bool) -> None:
    """Erase a profile with all that is kept of the child, and print the receipt."""
    confirm(f"erase {profile} and all that is kept of the child?", is_given=yes)
    erased = session.signed_in_client().delete(f"{_PROFILES}/{quote(profile, safe='')}")
    print_json(erased["receipt"])
    if not erased["is_done"]:
        say("a reader held the last traces; they go within a minute or so")


@junior.command("play")
@click.option("--band", type=click.Choice(_BANDS), required=True, help="Whose Junior.")
@pass_session
def play(session: Session, band: str) -> int:
    """Talk to Junior as a child of that age would, through the server; an empty line or /quit leaves.

    Each answer is a turn of your account with a receipt. No profile is used, so no limits count.
    """
    client = session.signed_in_client(timeout_s=TURN_TIMEOUT_S)
    is_terminal = sys.stdin.isatty()
    lines = ["hello"]
    while True:
        messages = [{"role": "user", "content": line} for line in lines]
        try:
            stream_reply(client, {"model": f"junior/{band}", "messages": messages, "stream": True})
        except VeraxError as error:
            say_error(error)
            return FAILED
        if is_terminal:
            click.echo("> ", nl=False, err=True)
        line = sys.stdin.readline().strip()
        if not line or line == "/quit":
            return DONE
        lines.append(line)


@junior.command("check")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help='Print {"articles": [{name, band, problems}]}.')
def check(folder: Path, as_json: bool) -> int:
    """Say what is wrong with the articles of FOLDER: limits of their band, sources, and the guard.

    Exit codes: 0 nothing, 1 something, 2 a file is no article.
    """
    from verax.surfaces.junior_folder import check_folder

    found = check_folder(folder)
    if as_json:
        print_json({"articles": [asdict(one) for one in found]})
    else:
        for one in found:
            for problem in one.problems:
                print_text(f"{one.band}/{one.name}: {problem}")
        wrong = sum(bool(one.problems) for one in found)
        say(f"{len(found)} articles, {wrong} with problems")
    return FAILED if any(one.problems for one in found) else DONE


@junior.command("admit")
@click.option("--reason", default="The library of this version.", show_default=True, help="Why; it stays in the log.")
@_yes
@pass_session
def admit(session: Session, reason: str, yes: bool) -> None:
    """Bring the library of this version to Junior's channels, and name channels in the root that are missing.

    Where several people govern, what takes others is left to them: sign the root change and run this again, then
    review and admit the changes that it proposed.
    """
    from verax.surfaces.cli.junior_channels import admit_libraries, name_channels

    if name_channels(session, is_given=yes):
        admit_libraries(session, reason, is_given=yes)


_SHOWN = (
    *("id", "band", "colour", "animal", "place", "country", "topics_allowed", "topics_held", "daily_minutes"),
    *("session_minutes", "bedtime", "time_zone", "log_days"),
)


def _row(profile: dict[str, Any]) -> dict[str, Any]:
    bedtime = profile["bedtime"]
    child = f"{profile['colour']} {profile['animal']}"
    return {**profile, "child": child, "bedtime": bedtime and f"{bedtime['start']}-{bedtime['end']}"}


def _bedtime(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    start, sign, end = text.partition("-")
    if not sign:
        raise ConfigError("bedtime: expected HH:MM-HH:MM", hint="--bedtime 19:30-07:00")
    return {"start": start.strip(), "end": end.strip()}
