from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from verax.kernel.errors import BusyError, ModelError, ModelUnavailable, RequestError
from verax.models.remote_errors import error_of_status, retry_after_s


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (429, BusyError, "busy/model-server"),
        (503, ModelUnavailable, "model/unavailable"),
        (401, ModelUnavailable, "model/key-refused"),
        (403, ModelUnavailable, "model/key-refused"),
        (404, ModelUnavailable, "model/unknown"),
        (400, ModelError, "model/refused"),
        (302, ModelError, "model/refused"),
        (500, ModelError, "model/refused"),
    ],
)
def test_each_status_has_its_error_and_none_quotes_the_server(status: int, kind: type[Exception], code: str) -> None:
    data = json.dumps({"error": {"message": "your secret prompt", "code": None}}).encode()
    error = error_of_status(status, data, "host:1", "m", 7.4)
    assert type(error) is kind and error.reason_code == code
    assert "secret" not in str(error) and "host:1" in str(error)
    if isinstance(error, BusyError):
        assert error.retry_after_s == 7


@pytest.mark.parametrize(
    "error",
    [
        {"code": "context_length_exceeded", "message": "too long"},
        {"message": "This model's maximum context length is 4096 tokens."},
        {"type": "exceed_context_size_error", "message": "exceeds the available context size"},
    ],
)
def test_a_prompt_too_long_is_the_callers_to_mend(error: dict[str, str]) -> None:
    found = error_of_status(400, json.dumps({"error": error}).encode(), "host:1", "m", 0)
    assert isinstance(found, RequestError) and found.reason_code == "request/context-length"


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b'{"error":"context length"}', b'{"error":null}'])
def test_a_body_of_another_shape_is_a_plain_refusal(data: bytes) -> None:
    assert error_of_status(400, data, "host:1", "m", 0).reason_code == "model/refused"


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    assert retry_after_s({"Retry-After": "3"}) == 3.0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 60 < retry_after_s({"Retry-After": soon}) <= 90
    past = format_datetime(datetime.now(UTC) - timedelta(seconds=90), usegmt=True)
    assert retry_after_s({"Retry-After": past}) == 0.0


@pytest.mark.parametrize("text", ["", "soon", "-3", "1e9", "٣"])
def test_a_retry_after_that_makes_no_sense_asks_for_nothing(text: str) -> None:
    assert retry_after_s({"Retry-After": text}) == 0.0
