"""A check as one page of HTML without scripts, pictures or addresses, that prints well."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from verax.truth.report.wording import MEANING, SIGNS, About, counts, described, look_of, passages_of

__all__ = ["html_report"]

_TEMPLATE = Path(__file__).with_name("report.html")


def html_report(checked: Mapping[str, Any], about: About) -> str:
    """Return the page for an object of `verax.truth.check_object`; everything in it is escaped."""
    return _template().render(checked=checked, about=about, counts=counts(checked["summary"]), meaning=MEANING)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(signs=SIGNS, look_of=look_of, described=described, passages_of=passages_of)
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
