"""Bulk runs against a real server: on threads, and on a local Ray cluster in the environment that has Ray."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verax.gates.bulk import Shard, Target, ThreadSpread, bulk_collect, take_shard
from verax.gates.plan import Subject, make_plan
from verax.gates.planfile import plan_object
from verax.gates.running import GateBroken
from verax.gates.suite import load_suite
from verax.testing.gate_world import GateWorld, gate_release, served
from verax.testing.scripted import ScriptedBackend

RAY = Path(__file__).parents[3] / ".venv-ray" / "bin" / "verax"
Verax = Callable[..., Any]


def obey(prompt: str) -> str:
    return f"A short answer: {json.loads(prompt)[-1]['content']}"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateWorld]:
    with served(tmp_path_factory.mktemp("bulk"), ScriptedBackend(obey=obey)) as running:
        yield running


def target(world: GateWorld) -> Target:
    with world.author() as author:
        return Target(world.server.url, author.identity.credentials.api_key)


def test_every_sample_comes_back_and_holds_against_its_record(world: GateWorld) -> None:
    release = gate_release("You answer briefly.")
    plan = make_plan(load_suite("sycophancy"), Subject("ab" * 32, "assistant", "cd" * 32), release, None, 12)
    seen: list[int] = []
    collected, _ = bulk_collect(plan, target(world), ThreadSpread(2), 5, seen.append)
    assert (list(collected.samples), collected.lost) == (list(plan.keys), {})
    assert sorted(seen) == [2, 5, 5]


class Cheating:
    """Gives every sample the turn of the first one."""

    def run(self, shards: Any) -> Iterator[list[Any]]:
        for shard in shards:
            taken = take_shard(shard)
            yield [{**sample, "calls": taken[0]["calls"]} for sample in taken]


def test_a_shard_that_hands_in_other_turns_is_found_out(world: GateWorld) -> None:
    release = gate_release("You answer briefly.")
    plan = make_plan(load_suite("format"), Subject("ab" * 32, "assistant", "cd" * 32), release, None, 6)
    collected, _ = bulk_collect(plan, target(world), Cheating(), 6)
    assert (len(collected.samples), len(collected.lost)) == (1, 5)


def test_a_wrong_token_and_a_server_that_is_gone_break_the_run(world: GateWorld) -> None:
    release = gate_release("You answer briefly.")
    plan = make_plan(load_suite("format"), Subject("ab" * 32, "assistant", "cd" * 32), release, None, 2)
    good = target(world)
    with pytest.raises(GateBroken, match="access/"):
        take_shard(Shard(replace(good, token="vx-wrong"), plan_object(plan), plan.keys))
    with pytest.raises(GateBroken, match="could not be reached"):
        take_shard(Shard(replace(good, url="http://127.0.0.1:9"), plan_object(plan), plan.keys))


def test_bulk_from_the_command_line(world: GateWorld, verax: Verax) -> None:
    ran = verax(world, "gate", "bulk", "assistant", "--suite", "format", "--items", "12", "--seed", "x", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["suites"][0]["metrics"]["n"] == "12"
    again = verax(world, "gate", "bulk", "assistant", "--suite", "format", "--items", "12", "--seed", "x", "--json")
    assert again.json == ran.json, "one seed and a deterministic model give one result"


@pytest.mark.skipif(RAY.exists(), reason="this environment was made beside one that has Ray")
def test_without_ray_the_way_to_it_is_said(world: GateWorld, verax: Verax) -> None:
    ran = verax(world, "gate", "bulk", "assistant", "--suite", "format", "--items", "2", "--ray", "local")
    assert ran.code == 2
    assert "make ray" in ran.err


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    not RAY.exists(), reason='Ray is not installed; "make test-ray" makes its environment and runs this'
)
def test_a_ray_cluster_gives_what_threads_give(world: GateWorld, verax: Verax) -> None:
    arguments = ["gate", "bulk", "assistant", "--suite", "format", "--items", "24", "--seed", "ray", "--json"]
    here = verax(world, *arguments)
    done = subprocess.run(
        [str(RAY), *arguments, "--ray", "local"],
        env={"PATH": os.environ["PATH"], **world.environ},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == here.json
