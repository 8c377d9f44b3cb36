"""``verax chat``: a conversation at the prompt, kept by the server as linked responses.

Each answer names the one it follows (`previous_response_id`), so the server composes the
conversation from lines that it holds itself. The receipts of all answers are checked as they come.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import click

from verax.kernel.errors import RefusedError, VeraxError
from verax.surfaces.cli.ask import DEFAULT_CHANNEL, TURN_TIMEOUT_S, Reply, check_and_keep, tell, tell_claims
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.output import DONE, FAILED, say, say_error, shorten
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["Conversation", "chat", "stream_response"]

_HELP = "/new begins again, /receipt checks the last answer, /quit leaves"


@dataclass
class Conversation:
    """Where a conversation stands.

    Attributes:
        last_id: Id of the last response, empty at the beginning.
        last: The last reply, None at the beginning.
    """

    channel: str
    last_id: str = ""
    last: Reply | None = field(default=None)

    def request(self, line: str) -> dict[str, Any]:
        """Return the request body that continues the conversation by one line."""
        body: dict[str, Any] = {"model": self.channel, "input": line, "stream": True}
        if self.last_id:
            body["previous_response_id"] = self.last_id
        return body

    def begin_again(self) -> None:
        """Forget what was said."""
        self.last_id, self.last = "", None


@click.command()
@click.option("-c", "--channel", default=DEFAULT_CHANNEL, show_default=True, help="Channel to talk to.")
@pass_session
def chat(session: Session, channel: str) -> int:
    """Talk to a channel until you leave.

    /new begins again, /receipt checks the last answer, /quit leaves.
    """
    client = session.signed_in_client(timeout_s=TURN_TIMEOUT_S)
    conversation = Conversation(channel)
    is_terminal = sys.stdin.isatty()
    if is_terminal:
        say(f"talking to {channel} at {client.url}; {_HELP}")
    status = DONE
    while (line := _read_line(is_terminal)) is not None:
        try:
            if not _take_line(session, client, conversation, line):
                break
        except VeraxError as error:
            say_error(error)
            status = FAILED
            if not is_terminal:
                break
    return status


def _take_line(session: Session, client: Client, conversation: Conversation, line: str) -> bool:
    """Answer one line; False to leave."""
    command = line.strip()
    if command in ("/quit", "/exit"):
        return False
    if command == "/new":
        conversation.begin_again()
        say("a new conversation")
    elif command == "/receipt":
        if conversation.last is None:
            say("nothing was answered yet")
        else:
            tell(conversation.last, check_and_keep(session, client, conversation.last))
    elif command.startswith("/"):
        say(_HELP)
    elif command:
        conversation.last_id, conversation.last = stream_response(client, conversation.request(line))
        tell_claims(conversation.last.verax)
        release = shorten(conversation.last.verax["release"])
        say(f"[{release} {conversation.last.verax['mode']}, receipt {shorten(conversation.last.verax['id'])}]")
    return True


def stream_response(client: Client, body: dict[str, Any]) -> tuple[str, Reply]:
    """Run one turn of a conversation, write its text to stdout as it comes, and return its id.

    Raises:
        RefusedError: no release answers on this channel.
        VeraxError: the turn failed.
    """
    text: list[str] = []
    refusal = ""
    for event in client.stream("/v1/responses", body):
        kind = event.get("type")
        if kind == "response.output_text.delta":
            text.append(event["delta"])
            sys.stdout.write(event["delta"])
            sys.stdout.flush()
        elif kind == "response.refusal.delta":
            refusal += event["delta"]
        elif kind == "response.failed":
            raise _failure(event["response"]["error"])
        elif kind in ("response.completed", "response.incomplete"):
            if text:
                click.echo()
            if refusal:
                say(refusal)
            response = event["response"]
            return response["id"], Reply("".join(text), refusal, response["verax"])
    raise VeraxError("server: the stream ended before the reply was complete", code="client/connection")


def _failure(error: dict[str, Any]) -> VeraxError:
    code = str(error.get("reason_code", "verax/error"))
    kind = RefusedError if code.startswith(("governance/", "runtime/")) else VeraxError
    return kind(str(error["message"]), hint=str(error.get("hint", "")), code=code)


def _read_line(is_terminal: bool) -> str | None:
    """Return the next line, None at the end of the input."""
    if is_terminal:
        click.echo("> ", nl=False, err=True)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
