"""``verax gate``: list the suites, run them on a change, see and check what came out.

Gates run on the server, in a worker of its own (`verax.gates.desk`); this only asks for them and watches. What is
shown as a result is read from the verified log, and `verify` believes no server at all.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from verax.gates.changes import find_change
from verax.gates.report import GateReport
from verax.gates.suite import list_suites, load_suite
from verax.gates.verify import verify_report
from verax.kernel.errors import UnknownObject
from verax.surfaces.cli.ask import DEFAULT_CHANNEL
from verax.surfaces.cli.gateproofs import log_of_result, reply_entries
from verax.surfaces.cli.history import read_history
from verax.surfaces.cli.output import (
    DONE,
    FAILED,
    REFUSED,
    Progress,
    print_json,
    print_rows,
    print_text,
    say,
    shorten,
)
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["gate"]

_POLL_S = 0.5
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_ENDED = frozenset({"passed", "failed", "broken", "cancelled", "refused", "not_run"})


@click.group()
def gate() -> None:
    """List the suites, run them on a change, see and check what came out."""


@gate.command("list")
@click.option("--json", "as_json", is_flag=True, help='Print {"suites": [{name, title, items, measures, …}]}.')
def list_all(as_json: bool) -> None:
    """List the suites that this version has."""
    suites = [load_suite(name) for name in list_suites()]
    if as_json:
        rows = [
            {
                "name": suite.name,
                "title": suite.title,
                "items": suite.size,
                "measures": suite.measures,
                "blind_spots": list(suite.blind_spots),
                "floors": {profile: dict(floors) for profile, floors in suite.floors.items()},
                "digest": suite.digest,
            }
            for suite in suites
        ]
        print_json({"suites": rows})
        return
    print_rows(
        ["suite", "items", "title"],
        [{"suite": suite.name, "items": suite.size, "title": suite.title} for suite in suites],
    )


@gate.command("run")
@click.argument("which", metavar="CHANGE")
@click.option("--suite", "suites", metavar="NAME", multiple=True, help="Only this suite; may be given several times.")
@click.option("--detach", is_flag=True, help='Do not wait; "verax gate show" says how far it is.')
@click.option("--json", "as_json", is_flag=True, help='Print {"change", "gates": [{suite, state, done, total, …}]}.')
@pass_session
def run(session: Session, which: str, suites: tuple[str, ...], detach: bool, as_json: bool) -> int:
    """Run the suites that the root demands on CHANGE, on the server, and wait for them.

    A suite that the root does not demand can be named to try it; its result is not signed. Leaving with Ctrl-C does
    not stop the run. Exits 3 when a suite did not pass, 1 when one could not be run whole.
    """
    client = session.signed_in_client()
    shown = client.post_json(f"/v1/changes/{which}/gates/run", {"suites": list(suites)})
    change = shown["change"]
    if not detach:
        shown = _wait(client, change, set(suites))
    if as_json:
        print_json({"change": change, "gates": shown["gates"]})
    else:
        _print_gates(shown["gates"])
    return _exit_code(shown["gates"])


@gate.command("cancel")
@click.argument("which", metavar="CHANGE")
@pass_session
def cancel(session: Session, which: str) -> None:
    """End the suites of CHANGE that run or wait; what was asked stays asked, and "run" goes on from there."""
    shown = session.signed_in_client().post_json(f"/v1/changes/{which}/gates/cancel", {})
    say(f"cancelled the gates of {shorten(shown['change'])}")


@gate.command("show")
@click.argument("which", metavar="CHANGE")
@click.option("--json", "as_json", is_flag=True, help='Print {"change", "gates": [{suite, state, done, total, …}]}.')
@pass_session
def show(session: Session, which: str, as_json: bool) -> None:
    """Show how far the gates of CHANGE are."""
    shown = session.signed_in_client().get_json(f"/v1/changes/{which}/gates")
    if as_json:
        print_json({"change": shown["change"], "gates": shown["gates"]})
    else:
        _print_gates(shown["gates"])


@gate.command("report")
@click.argument("which", metavar="CHANGE")
@click.argument("suite", metavar="SUITE")
@click.option("--all", "with_passed", is_flag=True, help="Items that passed, too.")
@click.option("--json", "as_json", is_flag=True, help='Print {"suite", "passed", "metrics", "items": [...], …}.')
@pass_session
def report(session: Session, which: str, suite: str, with_passed: bool, as_json: bool) -> None:
    """Show the report of one suite on CHANGE: metrics, and what did not pass, item by item."""
    client = session.signed_in_client()
    found = GateReport.parse(client.get_bytes(f"/v1/changes/{which}/gates/{suite}/report"))
    if as_json:
        print_json(_report_object(found))
    else:
        _print_report(found, with_passed=with_passed)


@gate.command("compare")
@click.argument("one", metavar="A")
@click.argument("other", metavar="[B]", required=False)
@click.option("--suite", "suites", metavar="NAME", multiple=True, help="Only this suite; may be given several times.")
@click.option("--items", type=click.IntRange(1, 500), help="Items of each suite; the suite's own number by default.")
@click.option("--seed", metavar="TEXT", help="Fixes the items; drawn anew by default.")
@click.option("--data", metavar="DIR", type=_FOLDER, help="Public sets below DIR, instead of the suites of Verax.")
@click.option("--json", "as_json", is_flag=True, help='Print {"candidate", "head", "seed", "suites": [{suite, …}]}.')
@pass_session
def compare(
    session: Session,
    one: str,
    other: str | None,
    suites: tuple[str, ...],
    items: int | None,
    seed: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Run suites on release A, beside release B, in this process, and sign nothing.

    A release is a channel (its head), an id, the first digits of one, or a TOML file that nobody proposed yet. A server
    is not needed; only its log is read where a release is named by channel or id. Public sets do not come with
    Verax: --data reads them from where you keep them.
    """
    from verax.surfaces.cli.gatecompare import run_comparison, wanted_suites

    reports, used = run_comparison(session, (one, other), wanted_suites(suites, data), items, seed)
    if as_json:
        first = reports[0]
        print_json(
            {"candidate": first.candidate, "head": first.head, "seed": used, "suites": [_compared(r) for r in reports]}
        )
        return
    columns = ["suite", "n", "score", "95 %", "head", "difference at least", "p that it is worse", "worst group"]
    print_rows(columns, [_compared_row(found) for found in reports])
    say(f"seed {used}")


@gate.command("verify")
@click.argument("which", metavar="CHANGE")
@click.option("--suite", metavar="NAME", help="Only this suite.")
@click.option("--json", "as_json", is_flag=True, help='Print {"verified", "change", "findings": [{suite, name, …}]}.')
@pass_session
def verify(session: Session, which: str, suite: str | None, as_json: bool) -> int:
    """Judge the results of CHANGE again, from their reports and the logs, believing no server.

    Items are made again from the seed, replies are compared with the records that the reply log holds, and scored
    again. Exits 3 when anything fails.
    """
    source, identity = session.open_logs()
    history = read_history(source, identity)
    change = find_change(history.state, which)
    wanted = [name for name in sorted(change.gates) if suite in (None, name)]
    if not wanted:
        raise UnknownObject(f"change {shorten(change.id)}: the log holds no result", hint='"verax gate run" makes one')
    entries = reply_entries(source, identity, history)
    rows = []
    for name in wanted:
        logged = log_of_result(history, change, name, entries)
        data = history.blob(logged.result.report)
        rows += [
            {"suite": name, "name": found.name, "state": found.state, "detail": found.detail}
            for found in verify_report(data, logged)
        ]
    is_verified = all(row["state"] != "failed" for row in rows)
    if as_json:
        print_json({"verified": is_verified, "change": change.id, "findings": rows})
    else:
        print_rows(["suite", "name", "state", "detail"], rows)
        say("everything checked holds" if is_verified else "NOT verified")
    return DONE if is_verified else REFUSED


@gate.command("bulk")
@click.argument("which", metavar="RELEASE")
@click.option("-c", "--channel", default=DEFAULT_CHANNEL, show_default=True, help="Channel whose previews are asked.")
@click.option("--suite", "suites", metavar="NAME", multiple=True, required=True, help="May be given several times.")
@click.option("--items", type=click.IntRange(1, 5000), help="Items of each suite; the suite's own number by default.")
@click.option("--seed", metavar="TEXT", help="Fixes the items; drawn anew by default.")
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Shards side by side.")
@click.option("--ray", "ray_address", metavar="ADDRESS", help='A Ray cluster, or "local"; threads when not given.')
@click.option("--json", "as_json", is_flag=True, help='Print {"candidate", "head", "seed", "suites": [{suite, …}]}.')
@pass_session
def bulk(session: Session, /, which: str, as_json: bool, **options: Any) -> None:
    """Ask many items of RELEASE, which the server's log knows, from many places at once; sign nothing.

    With --ray the shards run as tasks of a Ray cluster: "make ray" makes an environment that has it.
    """
    from verax.surfaces.cli.gatebulk import BulkOptions, run_bulk

    reports, used = run_bulk(session, BulkOptions(which=which, **options))
    if as_json:
        first = reports[0]
        print_json(
            {"candidate": first.candidate, "head": first.head, "seed": used, "suites": [_compared(r) for r in reports]}
        )
        return
    columns = ["suite", "n", "score", "95 %", "worst group"]
    print_rows(columns, [_compared_row(found) for found in reports])
    say(f"seed {used}")


@gate.group("judge")
def judge() -> None:
    """Measure models that judge replies."""


@judge.command("measure")
@click.option("--url", metavar="URL", help="OpenAI-compatible address, /v1 included; the configured judge by default.")
@click.option("--model", metavar="NAME", help="Name of the model there.")
@click.option("--key-name", metavar="NAME", default="", help="Name of the stored model key that it is asked with.")
@click.option("--labels", "path", metavar="FILE", help="Labelled replies; those of the project by default.")
@click.option("--json", "as_json", is_flag=True, help='Print {"judge", "scorers": [...], "judged": [...]}.')
@pass_session
def measure_judge(
    session: Session, url: str | None, model: str | None, key_name: str, path: str | None, as_json: bool
) -> None:
    """Measure a judge against labels of people, with the suites' own scorers beside it.

    Without a judge the scorers alone are measured.
    """
    from verax.surfaces.cli.gatejudge import measure

    found = measure(session, url, model, key_name, path)
    if as_json:
        print_json(found)
        return
    columns = ["suite", "n", "agreed", "95 %", "bad passed", "good failed", "kappa"]
    for title in ("scorers", "judged"):
        if found[title]:
            print_text(title if title == "scorers" else f"judge {found['judge']}")
            print_rows(columns, [_agreed_row(row) for row in found[title]])


def _agreed_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "suite": row["suite"],
        "n": row["n"],
        "agreed": row["agreed"],
        "95 %": f"{row['low']}-{row['high']}",
        "bad passed": f"{row['false_passes']} of {row['bad']}",
        "good failed": f"{row['false_fails']} of {row['good']}",
        "kappa": row["kappa"],
    }


def _compared(found: GateReport) -> dict[str, Any]:
    return {
        "suite": found.suite,
        "metrics": dict(found.metrics),
        "failures": [
            {"item": key, "mark": mark.mark, "reason": mark.reason}
            for key, mark in found.marks.items()
            if mark.mark != "1"
        ],
    }


def _compared_row(found: GateReport) -> dict[str, Any]:
    metrics = found.metrics
    return {
        "suite": found.suite,
        "n": metrics["n"],
        "score": metrics["score"],
        "95 %": f"{metrics['score_low']}-{metrics['score_high']}",
        "head": metrics.get("head_score"),
        "difference at least": metrics.get("difference_low"),
        "p that it is worse": metrics.get("regression_p"),
        "worst group": metrics["group_low"],
    }


def _wait(client: Any, change: str, suites: set[str]) -> dict[str, Any]:
    """Watch a change's gates until none of those wanted runs or waits."""
    with Progress("running gates", unit="samples") as bar:
        while True:
            shown: dict[str, Any] = client.get_json(f"/v1/changes/{change}/gates")
            watched = [row for row in shown["gates"] if row["required"] or row["suite"] in suites]
            bar.reach(sum(row["done"] for row in watched), sum(row["total"] for row in watched) or None)
            if all(row["state"] in _ENDED for row in watched):
                return shown
            time.sleep(_POLL_S)


def _exit_code(rows: list[dict[str, Any]]) -> int:
    states = {row["state"] for row in rows}
    if states & {"broken", "cancelled", "refused"}:
        return FAILED
    return REFUSED if "failed" in states else DONE


def _print_gates(rows: list[dict[str, Any]]) -> None:
    shown = [
        {
            "suite": row["suite"],
            "demanded": row["required"],
            "state": row["state"].replace("_", " "),
            "samples": f"{row['done']} of {row['total']}" if row["total"] else None,
            "floors": ", ".join(f"{metric} {floor}" for metric, floor in row["floors"].items()),
            "detail": row["detail"],
        }
        for row in rows
    ]
    print_rows(["suite", "demanded", "state", "samples", "floors", "detail"], shown)


def _report_object(report: GateReport) -> dict[str, Any]:
    replies = {sample.key: [call.reply for call in sample.calls] for sample in report.samples}
    return {
        "suite": report.suite,
        "change": report.change,
        "candidate": report.candidate,
        "head": report.head,
        "passed": report.passed,
        "metrics": dict(report.metrics),
        "floors": dict(report.floors),
        "shortfalls": [{"metric": s.metric, "floor": s.floor, "found": s.found} for s in report.shortfalls],
        "engine": report.engine,
        "confinement": list(report.confinement),
        "attempts": report.attempts,
        "lost": [{"sample": key, "reason": reason} for key, reason in report.lost.items()],
        "items": [
            {"item": key, "mark": mark.mark, "reason": mark.reason, "replies": replies[f"{key}@candidate"]}
            for key, mark in report.marks.items()
        ],
    }


def _print_report(report: GateReport, *, with_passed: bool) -> None:
    print_text(f"{report.suite} on change {shorten(report.change)}: {'passed' if report.passed else 'NOT passed'}")
    print_text(f"release {shorten(report.candidate)}, beside {shorten(report.head)}")
    print_text(f"asked by {report.engine}, held back by {', '.join(report.confinement) or 'nothing'}")
    rows = [
        {"metric": name, "found": value, "floor": report.floors.get(name)} for name, value in report.metrics.items()
    ]
    print_rows(["metric", "found", "floor"], rows)
    for key, reason in report.lost.items():
        print_text(f"lost {key}: {reason}")
    replies = {sample.key: sample.calls[-1].reply for sample in report.samples}
    for key, mark in report.marks.items():
        if with_passed or mark.mark != "1":
            print_text(f"{key}  {mark.mark}  {mark.reason}\n    {' '.join(replies[f'{key}@candidate'].split())[:200]}")
