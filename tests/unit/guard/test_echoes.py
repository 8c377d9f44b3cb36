"""The assistant's own output is recognised where it comes back as a source."""

from __future__ import annotations

from verax.guard.echoes import Echoes

SAID = "Honey bees dance to tell each other where the flowers are, how far away they stand, and how good they are."
SOURCE = "The waggle dance was described by Karl von Frisch, who watched marked bees through the glass of a hive."


def test_a_copy_of_a_reply_is_an_echo_however_it_is_set() -> None:
    echoes = Echoes()
    echoes.remember(SAID)
    assert echoes.is_echo(SAID) and echoes.is_echo(f"It once said: “{SAID.upper()}”")


def test_what_nobody_said_here_is_no_echo() -> None:
    echoes = Echoes()
    assert not echoes.is_echo(SOURCE)
    echoes.remember(SAID)
    assert not echoes.is_echo(SOURCE)
    assert not echoes.is_echo("Honey bees dance to tell each other where the nectar lies.")


def test_a_document_that_quotes_a_reply_in_passing_is_no_echo() -> None:
    echoes = Echoes()
    echoes.remember(SAID)
    assert not echoes.is_echo(f"{SOURCE} {SOURCE.replace('bees', 'wasps')} {SAID} {SOURCE.replace('glass', 'wood')}")


def test_a_source_that_a_reply_quotes_does_not_become_an_echo() -> None:
    echoes = Echoes()
    echoes.remember(f"I found this: {SOURCE}", [SOURCE])
    assert not echoes.is_echo(SOURCE)


def test_the_oldest_runs_are_forgotten() -> None:
    echoes = Echoes(max_runs=12)
    echoes.remember(SAID)
    echoes.remember(SOURCE)
    assert echoes.is_echo(SOURCE) and not echoes.is_echo(SAID)


def test_chinese_is_read_by_characters() -> None:
    echoes = Echoes()
    echoes.remember("蜜蜂用舞蹈告诉同伴花在哪里，有多远，有多好。")
    assert echoes.is_echo("蜜蜂用舞蹈告诉同伴花在哪里，有多远")
