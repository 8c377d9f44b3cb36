"""``verax change preview``: what a change would do, seen before anybody signs: prompts, and replies of both releases.

Prompts are composed by the server and ask no model. Replies are turns of arm ``preview`` of whoever asks, each with a
receipt: ``verax receipt verify`` checks it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click

from verax.kernel.release_diff import FieldDiff, diff_texts
from verax.surfaces.cli.ask import TURN_TIMEOUT_S
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.differences import difference_lines
from verax.surfaces.cli.output import DONE, FAILED, print_json, print_text, say, shorten
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["preview"]

Json = dict[str, Any]

_SIDES = ("base", "candidate")


@click.command()
@click.argument("which", metavar="ID")
@click.option("--question", "questions", metavar="TEXT", multiple=True, help="Ask both; may be given several times.")
@click.option("--fixed", is_flag=True, help="Ask both the fixed set of questions, which is the same for every change.")
@click.option(
    "--prompts", "only_prompts", is_flag=True, help="Ask no model: show the prompts of your questions instead."
)
@click.option("--full", is_flag=True, help="Whole prompts, not only the lines that differ.")
@click.option("--json", "as_json", is_flag=True, help='Print {"change", "prompts": [...], "replies": [...], …}.')
@pass_session
def preview(
    session: Session,
    which: str,
    questions: tuple[str, ...],
    fixed: bool,
    only_prompts: bool,
    full: bool,
    as_json: bool,
) -> int:
    """Show example prompts before and after a change, or what both releases reply.

    Without a question the prompts of the fixed examples are shown. Exits 1 when a release gave no reply.
    """
    if fixed and only_prompts:
        raise click.UsageError("--fixed asks models and --prompts asks none; give one of them")
    client = session.signed_in_client(timeout_s=TURN_TIMEOUT_S)
    found: Json = client.get_json(f"/v1/changes/{which}/preview")
    path = f"/v1/changes/{found['change']}/preview"
    shown = [client.post_json(f"{path}/prompt", {"question": text}) for text in questions] if only_prompts else []
    if not questions and not fixed:
        shown = found["prompts"]
    asked = () if only_prompts else (*questions, *(row["text"] for row in found["questions"] if fixed))
    answers = _answers(client, path, asked)
    if as_json:
        answered = list(answers)
        head = {name: found[name] for name in ("change", "channel", "base", "candidate", "date")}
        print_json({**head, "prompts": shown, "replies": answered})
        return _exit_code(answered)
    _print_prompts(shown, full=full)
    answered = []
    for answer in answers:
        answered.append(answer)
        _print_answer(answer)
    return _exit_code(answered)


def _answers(client: Client, path: str, questions: Sequence[str]) -> Iterator[Json]:
    """Ask both releases each question; yield them as ``{question, base, candidate}`` when both have ended."""
    for question in questions:
        answer: Json = {"question": question, "base": None, "candidate": None}
        for event in client.stream(f"{path}/replies", {"question": question}):
            if event["type"] != "ended":
                _take(answer, event)
        yield answer


def _take(answer: Json, event: Json) -> None:
    """Add one event of a side to what is known of that side's reply."""
    empty: Json = {"release": "", "turn": "", "status": "", "text": "", "refusal": "", "error": None}
    reply = answer[event["side"]] = answer[event["side"]] or empty
    match event["type"]:
        case "started":
            reply["release"], reply["turn"] = event["release"], event["turn_id"]
        case "text":
            reply["text"] += event["text"]
        case "refusal":
            reply["refusal"] = f"{event['reason']} {event['next_step']}".strip()
        case "completed":
            reply["status"] = event["status"]
        case "failed":
            reply["status"] = "failed"
            reply["error"] = {name: event[name] for name in ("code", "message", "hint")}


def _exit_code(answers: Sequence[Json]) -> int:
    replies = [answer[side] for answer in answers for side in _SIDES if answer[side] is not None]
    return FAILED if any(reply["error"] is not None for reply in replies) else DONE


def _print_prompts(pairs: Sequence[Json], *, full: bool) -> None:
    for pair in pairs:
        before = "" if pair["base"] is None else _prompt_text(pair["base"])
        after = _prompt_text(pair["candidate"])
        if before == after and not full:
            print_text(f"{pair['title']}: the same prompt")
            continue
        diff = FieldDiff(pair["title"], before, after, diff_texts(before, after))
        for line in difference_lines(diff, is_whole=full):
            print_text(line)


def _prompt_text(prompt: Json) -> str:
    """Return a prompt as text in which every part is headed by its author and role."""
    if prompt["problem"] is not None:
        return f"no prompt: {prompt['problem']['message']}\n"
    parts = [f"[{part['by']}, {part['role']}]\n{part['text']}\n" for part in prompt["parts"]]
    left_out = [f"({prompt['left_out']} older lines are left out)\n"] if prompt["left_out"] else []
    return "".join(left_out + parts)


def _print_answer(answer: Json) -> None:
    print_text(f"question: {answer['question']}")
    for side in _SIDES:
        reply = answer[side]
        if reply is None:
            continue
        error = reply["error"]
        print_text(f"{side}: {reply['text'] if error is None else error['message']}")
        if reply["refusal"]:
            print_text(f"{side}, refused: {reply['refusal']}")
        say(f"{side}: release {shorten(reply['release'])}, {reply['status']}, receipt {reply['turn'] or 'none'}")
    texts = [answer[side]["text"] for side in _SIDES if answer[side] is not None]
    if len(texts) == len(_SIDES):
        _print_difference(*texts)


def _print_difference(before: str, after: str) -> None:
    if before == after:
        print_text("difference: none, to the character")
        return
    for line in difference_lines(FieldDiff("difference", before, after, diff_texts(before, after))):
        print_text(line)
