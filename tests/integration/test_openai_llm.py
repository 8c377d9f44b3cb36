"""The `llm` command against a real server, configured as its own manual says for compatible servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from verax.testing.http_world import HttpWorld
from verax.testing.running_server import RunningServer, run_server

LIMIT_S = 60
HAMLET = "Hamlet was written by William Shakespeare."

pytestmark = pytest.mark.slow

Llm = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer[HttpWorld]]:
    with run_server(lambda: HttpWorld.open(rate_per_minute=None)) as running:
        yield running


@pytest.fixture
def llm(server: RunningServer[HttpWorld], tmp_path: Path) -> Llm:
    key = server.call(server.installation.make_key(tmp_path.name))
    (tmp_path / "extra-openai-models.yaml").write_text(
        f"- model_id: verax\n  model_name: assistant\n  api_base: {server.url}/v1\n"
        "  api_key_name: verax\n  supports_schema: true\n  supports_tools: true\n",
        "utf-8",
    )
    (tmp_path / "keys.json").write_text(json.dumps({"verax": key}), "utf-8")
    environment = {**os.environ, "LLM_USER_PATH": str(tmp_path), "NO_COLOR": "1"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "llm"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False)

    return run


@pytest.mark.parametrize("options", [(), ("--no-stream", "-s", "Be brief.", "-o", "temperature", "0.5")])
def test_the_llm_command_asks_and_prints_the_reply(llm: Llm, options: tuple[str, ...]) -> None:
    done = llm("-m", "verax", *options, "Who wrote Hamlet?")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == HAMLET


def test_the_llm_command_continues_a_conversation(llm: Llm) -> None:
    llm("-m", "verax", "Who wrote Hamlet?")
    done = llm("-c", "Echo this")
    assert done.stdout.strip() == "Echo this", done.stderr


def test_the_llm_command_holds_the_reply_to_a_schema(llm: Llm) -> None:
    done = llm("-m", "verax", "--schema", "name, age int", "answer in JSON")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"name": "Ann", "age": 7}


def test_the_llm_command_runs_a_tool(llm: Llm) -> None:
    functions = 'def weather(city: str) -> str:\n    "The weather in a city."\n    return f"Sunny in {city}."\n'
    done = llm("-m", "verax", "--functions", functions, "--td", "--chain-limit", "3", "call the tool")
    assert done.stdout.strip() == "It is sunny.", done.stderr
    assert "Sunny in Oslo." in done.stderr


def test_the_llm_command_shows_the_servers_own_error(llm: Llm) -> None:
    done = llm("-m", "verax", "-o", "logit_bias", '{"1": 5}', "x")
    assert done.returncode == 1
    assert "logit_bias" in done.stderr
