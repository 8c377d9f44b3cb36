"""``verax search``: a question to the web through the engine of the installation."""

from __future__ import annotations

import click

from verax.surfaces.cli.output import FAILED, moment, print_json, print_text, say
from verax.surfaces.cli.session import Session, pass_session

__all__ = ["search"]

_LIMIT_S = 90.0


@click.command()
@click.argument("question")
@click.option("--query", default="", help="What the engine is asked, where that differs from the question.")
@click.option("--pages", type=click.IntRange(1, 8), default=5, show_default=True, help="Most pages that are read.")
@click.option("--json", "as_json", is_flag=True, help="Print the pages, and passages with their offsets.")
@pass_session
def search(session: Session, question: str, query: str, pages: int, as_json: bool) -> int:
    """Search the web for QUESTION and print the passages nearest to it.

    The engine gets the question, or --query, and nothing else. Pages are read by the server and not kept.
    """
    client = session.signed_in_client(timeout_s=_LIMIT_S)
    found = client.post_json("/v1/search/web", {"question": question, "query": query, "pages": pages})
    if as_json:
        print_json({name: found[name] for name in ("engine", "query", "pages", "passages")})
    else:
        for number, passage in enumerate(found["passages"], start=1):
            page = f", page {passage['page']}" if passage["page"] else ""
            print_text(f"{number}. {passage['source']}{page}, read {moment(passage['fetched_ms'])}")
            print_text(f"   {' '.join(passage['text'].split())}")
    for item in found["pages"]:
        if item["problem"]:
            say(f"{item['url']}: not read ({item['problem']})")
    if not found["passages"]:
        say(f"nothing found: {found['engine']} named {len(found['pages'])} pages")
        return FAILED
    return 0
