"""From a pydantic complaint to one sentence that names the field.

Of several complaints the deepest one is told, since it is the most specific. A field that
no model declares is an unsupported parameter, and so is a value of a field that is accepted
with its neutral value only. No text that the caller sent is repeated, except names that
look like names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from verax.kernel.errors import RequestError, UnsupportedParameter
from verax.surfaces.http.parameters import REFUSED, Support, support_of

__all__ = ["WireModel", "validate"]

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}\Z")
_TAG_ERRORS = frozenset({"union_tag_invalid", "union_tag_not_found"})
_HIDDEN = "(a name that is not shown)"

M = TypeVar("M", bound=BaseModel)


class WireModel(BaseModel):
    """Base of every request body: strict types, nothing undeclared, immutable."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


def validate(model: type[M], value: object) -> M:
    """Validate a parsed body.

    Raises:
        UnsupportedParameter: a field, or a value of it, that this server does not honour.
        RequestError: a field of the wrong type, out of range, or missing.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise _explain(model, value, details) from None


def _explain(model: type[BaseModel], value: object, details: Sequence[ErrorDetails]) -> RequestError:
    located = [(_path(value, detail), detail) for detail in details]
    deepest = max(len(path) for path, _ in located)
    path, first = next(item for item in located if len(item[0]) == deepest)
    param = _dotted(path)
    top = str(path[0]) if path else ""
    if first["type"] == "extra_forbidden":
        hint = REFUSED.get(top, "") if len(path) == 1 else ""
        return UnsupportedParameter(
            f"{param}: this parameter is not supported",
            hint=hint or "leave it out; docs/reference/http.md lists what is honoured",
            param=param,
        )
    reasons = [_reason(detail) for other, detail in located if other == path]
    message = f"{param or 'body'}: {' or '.join(dict.fromkeys(reasons))}"
    if support_of(model, top) is Support.NEUTRAL:
        return UnsupportedParameter(message, hint="leave it out, or send its neutral value", param=param)
    return RequestError(message, hint="docs/reference/http.md describes the field", param=param or None)


def _reason(detail: ErrorDetails) -> str:
    if detail["type"] in ("missing", "union_tag_not_found"):
        return "this field is required"
    if detail["type"] == "union_tag_invalid":
        return f"expected one of {detail['ctx']['expected_tags']}"
    text = detail["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if text != detail["msg"] and not detail["msg"].startswith("Value error"):
        return f"expected {text}"
    return text[:1].lower() + text[1:]


def _path(value: object, detail: ErrorDetails) -> tuple[str | int, ...]:
    """Return the part of a location that exists in the body; pydantic adds names of union members."""
    node: Any = value
    path: list[str | int] = []
    location = detail["loc"]
    for index, part in enumerate(location):
        if _holds(node, part):
            node = node[part]
        elif index != len(location) - 1 or detail["type"] != "missing":
            continue
        path.append(part)
    if detail["type"] in _TAG_ERRORS:
        name = str(detail["ctx"]["discriminator"]).strip("'")
        path.append(name if name.isidentifier() else "type")
    return tuple(path)


def _holds(node: Any, part: str | int) -> bool:
    if isinstance(node, dict):
        return part in node
    return isinstance(node, list) and isinstance(part, int) and part < len(node)


def _dotted(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f"{'.' if text else ''}{part if _NAME.match(part) else _HIDDEN}"
    return text
