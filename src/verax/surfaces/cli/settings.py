"""``verax config show``: every value and where it came from."""

from __future__ import annotations

import click

from verax.surfaces.cli.output import print_json, print_rows
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["config"]


@click.group()
def config() -> None:
    """Show the configuration."""


@config.command("show")
@click.option("--json", "as_json", is_flag=True, help='Print {"settings": [{name, value, source}]}.')
@pass_session
def show(session: Session, as_json: bool) -> None:
    """Print each setting with its value and where it came from; secrets are masked."""
    rows = [{"name": item.name, "value": item.value, "source": item.source} for item in session.loaded.settings()]
    if as_json:
        print_json({"settings": rows})
    else:
        print_rows(["name", "value", "source"], rows)
