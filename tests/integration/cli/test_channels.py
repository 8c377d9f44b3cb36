"""``verax channel`` against a real server: a canary from admission to rollback, and its timeline."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from verax.kernel.fold_canary import in_canary
from verax.store.accounts import Accounts
from verax.surfaces.cli.client import Client
from verax.surfaces.cli.direct import with_accounts
from verax.testing.releases import manifest_toml

Verax = Callable[..., Any]

GUARD = """
[guard]
input = [{ detector = "secrets", action = "refuse" }]
output = [{ detector = "secrets", action = "rewrite" }]
"""
SENTENCE = "You always end your answers with a friendly joke about the weather."
LIMIT_S = 60.0


def propose(world: Any, verax: Verax, folder: Path, system: str = SENTENCE) -> str:
    path = folder / "next.toml"
    path.write_text(manifest_toml(system, name="next", guard=GUARD), encoding="utf-8")
    ran = verax(world, "change", "propose", str(path), "--reason", "Jokes.", "--yes")
    assert ran.code == 0, ran.err
    return str(ran.out.strip())


def canary(world: Any, verax: Verax, folder: Path, *flags: str) -> str:
    change = propose(world, verax, folder)
    ran = verax(world, "change", "admit", change[:12], "--share", "50", "--yes", *flags)
    assert ran.code == 0, ran.err
    return change


def rollout(world: Any, verax: Verax) -> Any:
    return json.loads(verax(world, "channel", "rollout", "assistant", "--json").out)


@contextlib.contextmanager
def users_of_both_arms(world: Any, change: str, share_bp: int = 5_000) -> Iterator[dict[str, Client]]:
    """Make accounts until one user of each arm is there; give a client for each arm."""
    found: dict[str, Client] = {}

    async def make(accounts: Accounts) -> None:
        for number in range(60):
            user = await accounts.create_user(f"user{number}")
            arm = "canary" if in_canary(change, user.user_id, share_bp) else "head"
            if arm not in found:
                made = await accounts.create_key("laptop", user.user_id)
                found[arm] = Client(world.url, made.plain)

    with_accounts(world.session, make)
    assert set(found) == {"head", "canary"}
    yield found
    for client in found.values():
        client.close()


def ask(client: Client, text: str = "Who wrote Hamlet?") -> Any:
    body = {"model": "assistant", "messages": [{"role": "user", "content": text}]}
    return client.post_json("/v1/chat/completions", body)["verax"]


def eventually(found: Callable[[], Any]) -> Any:
    """Ask until the answer is true, at most `LIMIT_S`."""
    end_s = time.monotonic() + LIMIT_S
    while not (answer := found()):
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return answer


def test_channels_are_listed_and_shown_with_their_rules(shared: Any, verax: Verax) -> None:
    (row,) = json.loads(verax(shared, "channel", "list", "--json").out)["channels"]
    assert (row["channel"], row["mode"], row["canary"], row["frozen"]) == ("assistant", "solo", None, False)
    assert row["release"][:12] in verax(shared, "channel", "list").out
    shown = json.loads(verax(shared, "channel", "show", "assistant", "--json").out)
    assert (shown["release"], shown["approvals"], shown["earlier"]) == (row["release"], 0, [])
    assert "rollback_depth" in verax(shared, "channel", "show", "assistant").out


def test_a_channel_that_is_not_there_is_named_with_those_that_are(shared: Any, verax: Verax) -> None:
    for command in ("show", "rollout", "monitor", "timeline"):
        ran = verax(shared, "channel", command, "nowhere")
        assert ran.code == 1
        assert "nowhere" in ran.err


def test_without_a_canary_nothing_is_shown_of_one(shared: Any, verax: Verax) -> None:
    facts = rollout(shared, verax)
    assert (facts["canary"], facts["plan"], facts["next"], facts["moves"]) == (None, None, None, [])
    assert "no canary" in verax(shared, "channel", "rollout", "assistant").out
    assert "no canary" in verax(shared, "channel", "monitor", "assistant").out
    assert verax(shared, "channel", "timeline", "assistant").code == 1
    assert "no canary" in verax(shared, "channel", "step", "assistant", "--yes").err


def test_a_canary_is_admitted_with_its_plan_and_stepped_to_the_head(own: Any, verax: Verax, tmp_path: Path) -> None:
    canary(own, verax, tmp_path, "--then", "75,90", "--soak", "30m", "--users", "5")
    facts = rollout(own, verax)
    steps = [(step["share_bp"], step["soak_s"], step["users"]) for step in facts["plan"]["steps"]]
    assert steps == [(5_000, 1_800, 5), (7_500, 1_800, 5), (9_000, 1_800, 5), (10_000, 0, 5)]
    waits = eventually(lambda: (found := rollout(own, verax)["next"])["state"] != "unknown" and found)
    assert (waits["share_bp"], waits["by"], waits["state"]) == (7_500, "operator", "soak")
    assert "waits until" in verax(own, "channel", "rollout", "assistant").out
    assert verax(own, "channel", "step", "assistant", "--yes").code == 0
    assert rollout(own, verax)["canary"]["share_bp"] == 7_500
    back = verax(own, "channel", "step", "assistant", "--share", "10", "--yes")
    assert back.code == 3
    assert "only raises" in back.err
    assert verax(own, "channel", "step", "assistant", "--share", "100", "--yes").code == 0
    facts = rollout(own, verax)
    assert facts["canary"] is None
    assert json.loads(verax(own, "channel", "show", "assistant", "--json").out)["release"] == facts["head"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--soak", "soon"), "--soak"),
        (("--then", "many"), "--then"),
    ],
)
def test_a_plan_that_cannot_be_read_is_bad_usage(
    own: Any, verax: Verax, tmp_path: Path, flags: tuple[str, ...], words: str
) -> None:
    change = propose(own, verax, tmp_path)
    ran = verax(own, "change", "admit", change[:12], "--share", "5", "--yes", *flags)
    assert ran.code == 2
    assert words in ran.err


def test_a_canary_is_taken_out_by_hand_and_the_timeline_says_everything(own: Any, verax: Verax, tmp_path: Path) -> None:
    change = canary(own, verax, tmp_path)
    with users_of_both_arms(own, change) as clients:
        turns = {arm: ask(client) for arm, client in clients.items()}
    assert {arm: turn["arm"] for arm, turn in turns.items()} == {"head": "head", "canary": "canary"}
    monitor = eventually(
        lambda: (found := json.loads(verax(own, "channel", "monitor", "assistant", "--json").out))["points"] and found
    )
    assert monitor["rollout"]["change"] == change
    assert "evidence" in verax(own, "channel", "monitor", "assistant").out
    rolled = verax(own, "channel", "rollback", "assistant", "--reason", "No jokes.", "--yes")
    assert rolled.code == 0, rolled.err
    assert rollout(own, verax)["canary"] is None
    eventually(lambda: rollout(own, verax)["timelines"])
    ran = verax(own, "channel", "timeline", "assistant", "--turns", "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    document = found["document"]
    assert document["change"]["id"] == change
    assert document["change"]["authors"] == ["owner"]
    assert [move["act"] for move in document["moves"]] == ["admit"]
    assert [item["path"] for item in document["diff"]] == ["name", "prompt.system"]
    assert document["turns"]["count"] == 1
    assert found["turn_ids"] == [turns["canary"]["id"]]
    assert len(document["bans"]) == 1
    text = verax(own, "channel", "timeline", "assistant").out
    for part in ("taken out", "by owner", "Jokes.", "joke about the weather", "banned: 1", "affected: 1 turns"):
        assert part in text
    again = verax(own, "channel", "timeline", "assistant", "--move", str(found["move"]), "--json")
    assert json.loads(again.out)["digest"] == found["digest"]
    assert verax(own, "channel", "timeline", "assistant", "--move", "1").code == 1


def test_votes_are_the_owners_and_show_in_the_signals(own: Any, verax: Verax, tmp_path: Path) -> None:
    with users_of_both_arms(own, canary(own, verax, tmp_path)) as clients:
        path = f"/v1/turns/{ask(clients['canary'])['id']}/vote"
        assert clients["head"]._ask("POST", path, {"vote": "up"}).status == 404
        for vote in ("up", "down"):
            assert clients["canary"]._ask("POST", path, {"vote": vote}).status == 204
        assert clients["canary"]._ask("POST", path, {"vote": "maybe"}).status == 400
        eventually(lambda: signals(own, verax)["points"])
        assert signals(own, verax)["votes"] == {"head": {"up": 0, "down": 0}, "canary": {"up": 0, "down": 1}}
        assert clients["canary"]._ask("DELETE", path, None).status == 204
        assert signals(own, verax)["votes"]["canary"] == {"up": 0, "down": 0}


def signals(world: Any, verax: Verax) -> Any:
    return json.loads(verax(world, "channel", "monitor", "assistant", "--json").out)


def test_signals_are_for_those_who_answer_for_the_channel(own: Any, verax: Verax, tmp_path: Path) -> None:
    with users_of_both_arms(own, canary(own, verax, tmp_path)) as clients:
        for path in ("signals", "affected?move=1"):
            assert clients["head"]._ask("GET", f"/v1/admin/channels/assistant/{path}", None).status == 403
    session = own.session
    owner = session.signed_in_client()
    for path, status in (
        ("assistant/affected?move=1", 404),
        ("assistant/affected?move=x", 400),
        ("runtime/signals", 404),
    ):
        assert owner._ask("GET", f"/v1/admin/channels/{path}", None).status == status
    session.close()
