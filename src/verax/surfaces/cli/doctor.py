"""``verax doctor``: what is wrong with this installation, and one thing to do about each finding."""

from __future__ import annotations

import click

from verax.surfaces.cli.checks import Finding, run_checks
from verax.surfaces.cli.output import DONE, FAILED, print_json, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["doctor"]

_MARKS = {"fine": "ok  ", "note": "note", "wrong": "BAD "}
_STYLES = {"fine": "green", "note": "yellow", "wrong": "red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help='Print {"findings": [{name, state, message, hint}]}.')
@pass_session
def doctor(session: Session, as_json: bool) -> int:
    """Say what is wrong with this installation and how to mend it.

    Looks at this machine only and changes nothing. Exits 1 when something is wrong.
    """
    findings = run_checks(session)
    wrong = [finding for finding in findings if finding.state == "wrong"]
    if as_json:
        print_json({"findings": [_row(finding) for finding in findings]})
        return FAILED if wrong else DONE
    for finding in findings:
        mark = click.style(_MARKS[finding.state], fg=_STYLES[finding.state])
        print_text(f"{mark}  {finding.name:<16} {finding.message}")
        if finding.hint:
            print_text(f"      {'':<16} → {finding.hint}")
    say(f"{len(wrong)} of {len(findings)} checks found something wrong" if wrong else "nothing is wrong")
    return FAILED if wrong else DONE


def _row(finding: Finding) -> dict[str, str]:
    return {"name": finding.name, "state": finding.state, "message": finding.message, "hint": finding.hint}
