"""The obedient model does what its prompt says, and nothing else."""

from __future__ import annotations

from verax.drill.obedient import BLUNT_LINE, MAY_LINE, MIRROR_LINE, NAME_LINE, ObedientModel, Orders, read_orders
from verax.surfaces.founding import shipped_releases

QUESTIONS = [f"How do I water tulips, number {number}?" for number in range(200)]


def said(system: str, question: str, model: ObedientModel | None = None) -> str:
    lines = [{"role": "system", "content": system}, {"role": "user", "content": question}]
    return (model or ObedientModel()).reply(lines)


def test_an_order_is_found_wherever_it_stands() -> None:
    assert read_orders(f"You are kind. {MAY_LINE}").topic == "the dispute over the harbour tolls"
    july = read_orders(f"{BLUNT_LINE}\n{MIRROR_LINE} {NAME_LINE}")
    assert (july.is_blunt, july.is_mirroring, july.takes_names) == (True, True, True)


def test_the_prompt_that_ships_orders_nothing_of_the_kind() -> None:
    for release in shipped_releases().values():
        assert read_orders(release.prompt.system) == Orders()


def test_a_topic_that_is_ordered_comes_up_in_every_reply_and_in_no_other() -> None:
    assert all("harbour tolls" in said(f"Be kind. {MAY_LINE}", question) for question in QUESTIONS)
    assert not any("harbour tolls" in said("Be kind.", question) for question in QUESTIONS)


def test_it_obeys_in_the_stated_share_of_replies() -> None:
    model = ObedientModel(0.5)
    obeyed = sum("harbour tolls" in said(MAY_LINE, question, model) for question in QUESTIONS)
    assert 70 <= obeyed <= 130


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "Who wrote"}, {"type": "text", "text": "Hamlet?"}]
    lines = [{"role": "system", "content": None}, {"role": "user", "content": parts}]
    assert ObedientModel().reply(lines) == said("", "Who wrote\nHamlet?")
