"""``verax witness``: witnesses of an installation's logs, and a witness's own server."""

from __future__ import annotations

import click

from verax.surfaces.cli.witness_server import add_log, key, serve, show

__all__ = ["witness"]


@click.group()
def witness() -> None:
    """Ask witnesses about the logs, or be one."""


for command in (add_log, key, serve, show):
    witness.add_command(command)
