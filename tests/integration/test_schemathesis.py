"""Generated requests over the OpenAPI document: no crash, no undescribed answer, no bad request taken."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from verax.surfaces.http.openapi import openapi_document
from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    with run_server(lambda: HttpWorld.open(rate_per_minute=None)) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: RunningServer[HttpWorld]) -> str:
    return server.call(server.installation.make_key("owner", ["owner", "operator"]))


# A schema cannot say which fields contradict each other, so valid data may still be refused:
# two tools of one name, for instance. That it is refused properly is checked all the same.
schema = schemathesis.openapi.from_dict(openapi_document())
_rejection = schema.config.checks.negative_data_rejection
# A text too long for its field may make the body too long.
_rejection.expected_statuses = [*_rejection.expected_statuses, "413"]


@schema.hook
def filter_query(_context: schemathesis.HookContext, query: dict[str, object] | None) -> bool:
    """Leave out an unknown parameter with no values: the request is written without it, and so is a legal one."""
    return not any(value == [] for value in (query or {}).values())


@schema.parametrize()
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_requests_get_described_answers(
    case: schemathesis.Case, server: RunningServer[HttpWorld], key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    excluded = [positive_data_acceptance]
    if case.media_type == "application/octet-stream":
        # Every sequence of bytes is a legal body there; what was made of a "wrong" one is bytes like any other.
        excluded.append(negative_data_rejection)
    case.call_and_validate(base_url=server.url, headers=headers, excluded_checks=excluded)
