"""The command tree. Commands are imported when they run: ``verax ask`` must start fast."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from verax import __version__
from verax.kernel.errors import VeraxError
from verax.surfaces.cli.output import DONE, FAILED, exit_code_of, say, say_error
from verax.surfaces.cli.session import Session

__all__ = ["LazyGroup", "cli", "main", "run"]

_COMMANDS = {
    "ask": ("ask", "Ask one question and check the receipt of the reply."),
    "backup": ("backups", "Make, check and restore backups."),
    "change": ("changes", "Propose, review and admit a change of a channel."),
    "channel": ("channels", "Show channels, step a canary, roll back, freeze, and read the monitor."),
    "chat": ("chat", "Talk to a channel until you leave."),
    "check": ("textcheck", "Check every claim of a text against documents."),
    "collection": ("collections", "Keep documents, and find passages in them."),
    "config": ("settings", "Show the configuration."),
    "doctor": ("doctor", "Say what is wrong with this installation and how to mend it."),
    "down": ("server", "Stop the server."),
    "drill": ("verax.drill.command", "Play the incidents against a throw-away installation."),
    "gate": ("gates", "List the suites, run them on a change, see and check what came out."),
    "guard": ("guarding", "Judge a text by the guard policy of an audience."),
    "junior": ("junior", "Junior for children: profiles, a try, folders of your own, its channels."),
    "key": ("keys", "Make, list and revoke API keys."),
    "log": ("logs", "Audit the logs."),
    "model": ("models", "List, connect, test and download models."),
    "receipt": ("receipts", "Show, save and verify receipts, and open your own turns."),
    "release": ("releases", "Show, compare and verify releases."),
    "root": ("roots", "Show and change the root document: people, keys, thresholds, gates."),
    "runtime": ("runtimes", "Show what changed in the running code, and admit it."),
    "search": ("websearch", "Search the web and print passages of what was found."),
    "status": ("server", "Say whether the server runs, and what it serves."),
    "team": ("teams", "Make several people govern an installation together."),
    "up": ("server", "Start the server."),
    "user": ("users", "Add, list and remove people's accounts."),
    "witness": ("witnesses", "Ask witnesses about the logs, or be one."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules, most of them of this package, one variable each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in order."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import the module of one command."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        # A command of a room above the surfaces is named in full, so that nothing here imports it.
        module = importlib.import_module(entry[0] if "." in entry[0] else f"verax.surfaces.cli.{entry[0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(_COMMANDS.items())])


def _read_settings(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, object]:
    settings: dict[str, object] = {}
    for value in values:
        name, sign, text = value.partition("=")
        if not sign:
            raise click.BadParameter(f"expected NAME=VALUE, found {value!r}")
        settings[name.strip().replace("-", "_")] = text
    return settings


@click.group(cls=LazyGroup, context_settings={"max_content_width": 100})
@click.version_option(__version__, message="verax %(version)s")
@click.option("--home", metavar="DIR", help="Data folder; VERAX_HOME says the same.")
@click.option("--url", metavar="URL", help="Talk to this server instead of the one on this machine.")
@click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, callback=_read_settings, help="Any setting.")
@click.pass_context
def cli(context: click.Context, home: str | None, url: str | None, settings: dict[str, object]) -> None:
    """Verax: replies that name the release that produced them, with receipts that anyone can check.

    Data goes to stdout and everything else to stderr. Exit codes: 0 done, 1 failed, 2 usage,
    3 refused or not verified.
    """
    environ = dict(os.environ)
    # Looking for plugins of pydantic reads every installed package, which takes longer than our own start.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    if environ.get("NO_COLOR"):
        context.color = False
    named = {name: value for name, value in (("home", home), ("url", url)) if value is not None}
    session = Session(environ, settings | named)
    context.call_on_close(session.close)
    context.obj = session


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; this is where errors become text."""
    try:
        result = cli.main(list(arguments), prog_name="verax", standalone_mode=False)
    except VeraxError as error:
        say_error(error)
        return exit_code_of(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        say("stopped")
        return FAILED
    except BrokenPipeError:
        # The reader of our stdout left, `| head` for instance; there is nobody to tell.
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - kept open until the process ends
        return FAILED
    return result if isinstance(result, int) else DONE


def main() -> None:
    """Entry point of the ``verax`` command."""
    sys.exit(run(sys.argv[1:]))
