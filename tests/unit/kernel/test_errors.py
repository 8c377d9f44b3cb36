"""The error tree: one permanent code a class, and the drawing in the docstring is the truth."""

from __future__ import annotations

import inspect
import re

import verax.kernel.errors as errors
from verax.kernel.errors import BusyError, RequestError, StoreFull, VeraxError

CLASSES = [value for name, value in inspect.getmembers(errors, inspect.isclass) if value.__module__ == errors.__name__]


def test_every_class_is_exported_and_drawn_below_its_parent() -> None:
    assert sorted(errors.__all__) == errors.__all__ == sorted(kind.__name__ for kind in CLASSES)
    parents: dict[str, str] = {}
    stack: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)", line)
        if match:
            depth = len(match[1]) // 4
            stack[depth:] = [match[2]]
            if depth:
                parents[match[2]] = stack[depth - 1]
    assert parents == {kind.__name__: kind.__mro__[1].__name__ for kind in CLASSES if kind is not VeraxError}


def test_every_class_has_a_code_of_its_own_and_an_http_status() -> None:
    codes = [kind.code for kind in CLASSES]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+/[a-z0-9-]+", code) for code in codes)
    assert all(400 <= kind.status <= 599 for kind in CLASSES)


def test_an_error_carries_message_hint_parameter_and_a_narrower_code() -> None:
    error = RequestError("seed: expected an integer", hint="leave it out", param="seed", code="request/seed")
    assert str(error) == "seed: expected an integer\nhint: leave it out"
    assert (error.message, error.hint, error.param) == ("seed: expected an integer", "leave it out", "seed")
    assert (error.reason_code, error.code) == ("request/seed", "request/invalid")


def test_an_error_without_a_hint_is_its_message() -> None:
    error = StoreFull("disk: 0 bytes left")
    assert str(error) == "disk: 0 bytes left"
    assert error.reason_code == error.code == "store/full"


def test_a_busy_error_says_when_to_come_back() -> None:
    error = BusyError("queue: 64 turns wait", retry_after_s=3, hint="try again", code="busy/rate-limit")
    assert (error.retry_after_s, error.reason_code, error.status) == (3, "busy/rate-limit", 429)
