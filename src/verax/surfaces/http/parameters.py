"""What becomes of every parameter of OpenAI's API: honoured, neutral, hint or refused.

* *honoured*: the reply follows it.
* *neutral*: accepted with the value that changes nothing; any other value is a 400 that
  names the parameter.
* *hint*: by its definition it never changes a reply; checked, then dropped, stored nowhere.
* *refused*: a 400 that names it. So is every name that stands nowhere.

The tables in ``docs/reference/http.md`` are generated from the models and from `REFUSED`,
and a test compares them.
"""

from __future__ import annotations

import enum
from typing import Any

from pydantic import BaseModel

__all__ = ["HINT", "HONOURED", "NEUTRAL", "REFUSED", "Support", "parameter_table", "support_of"]


class Support(enum.Enum):
    """What becomes of a parameter."""

    HONOURED = "honoured"
    NEUTRAL = "neutral"
    HINT = "hint"
    REFUSED = "refused"


_KEY = "x-verax-support"

HONOURED: dict[str, Any] = {_KEY: Support.HONOURED.value}
NEUTRAL: dict[str, Any] = {_KEY: Support.NEUTRAL.value}
HINT: dict[str, Any] = {_KEY: Support.HINT.value}

# Parameters that OpenAI documents and this server refuses, with the way out.
REFUSED: dict[str, str] = {
    "access_programs": "leave it out",
    "audio": "this server speaks text only",
    "background_options": "leave it out",
    "context_management": "send the turns you want the model to read",
    "conversation": "use previous_response_id",
    "function_call": "use tool_choice",
    "functions": "use tools",
    "image": "this server speaks text only",
    "max_tool_calls": "this server never calls tools by itself",
    "moderation": "the release's guard policy decides; it cannot be set by a caller",
    "prediction": "leave it out",
    "prompt": "prompts are part of the release",
    "prompt_cache_options": "caching is part of the release",
    "web_search_options": "leave it out",
}


def support_of(model: type[BaseModel], name: str) -> Support | None:
    """Return what becomes of the field `name` of a request model; None for an unknown one."""
    field = model.model_fields.get(name)
    if field is None:
        return Support.REFUSED if name in REFUSED else None
    extra = field.json_schema_extra
    return Support(extra[_KEY]) if isinstance(extra, dict) and _KEY in extra else Support.HONOURED


def parameter_table(model: type[BaseModel]) -> str:
    """Return the fields of a request model as a Markdown table, in the order of the model."""
    lines = ["| parameter | what becomes of it | notes |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        support = support_of(model, name) or Support.HONOURED
        lines.append(f"| `{name}` | {support.value} | {field.description or ''} |")
    return "\n".join(lines)
