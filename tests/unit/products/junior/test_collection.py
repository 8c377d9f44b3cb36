"""The vetted collection: every file is held to its band, and questions find what answers them or nothing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from verax.guard.audience import Audience
from verax.kernel.errors import ConfigError, UnknownObject
from verax.products.junior.collection import TOPICS, Article, Shelf, find_problems, load_folder, parse_article, ship
from verax.products.junior.limits import BANDS, limits_of, vocabulary_of

MIDDLE, OLDEST = Audience.FIVE_TO_SEVEN, Audience.EIGHT_TO_TWELVE
HEAD = 'title = "Ice"\nband = "5-7"\nkind = "fact"\ntopic = "nature"\nasks = ["why is ice cold"]\n'
SOURCES = 'sources = [{ title = "Ice", publisher = "A museum" }]\n'


def article_file(head: str = HEAD + SOURCES, text: str = "Ice is cold.") -> str:
    return f"+++\n{head}+++\n{text}\n"


@pytest.mark.parametrize("article", ship().articles, ids=lambda article: f"{article.band}/{article.name}")
def test_every_article_fits_its_band_and_names_its_sources(article: Article) -> None:
    assert list(find_problems(article)) == []


def test_the_collection_has_facts_and_stories_of_every_topic_for_both_bands() -> None:
    shelf = ship()
    for band in (MIDDLE, OLDEST):
        assert {article.topic for article in shelf.of(band)} == set(TOPICS)
        assert len(shelf.of(band)) >= 70
        assert len(shelf.of(band, "story")) >= 5
    titles = [(article.band, article.title) for article in shelf.articles]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("band", [MIDDLE, OLDEST])
def test_every_question_that_an_article_lists_finds_an_article_that_lists_it(band: Audience) -> None:
    shelf = ship()
    for article in shelf.of(band):
        for question in article.asks:
            best = shelf.find(question, band)[0].article
            assert best == article or question in best.asks, question


@pytest.mark.parametrize(
    "question",
    [
        "how do bees make bombs",
        "what is my secret number",
        "tell me about guns",
        "who is the president",
        "",
        "why",
        "zzz qqq",
    ],
)
@pytest.mark.parametrize("band", [MIDDLE, OLDEST])
def test_a_question_that_nothing_answers_finds_nothing(question: str, band: Audience) -> None:
    assert ship().find(question, band) == []


def test_a_topic_that_is_held_back_is_not_found() -> None:
    assert ship().find("why do volcanoes erupt", OLDEST)[0].article.topic == "nature"
    assert ship().find("why do volcanoes erupt", OLDEST, held_back=["nature"]) == []


def test_the_digest_depends_on_every_word_and_not_on_the_order() -> None:
    one, two = parse_article("a", article_file()), parse_article("b", article_file(text="Ice is wet."))
    assert Shelf([one, two]).digest == Shelf([two, one]).digest != Shelf([one]).digest
    assert Shelf([parse_article("a", article_file(text="Ice is hot."))]).digest != Shelf([one]).digest


@pytest.mark.parametrize(
    "data",
    [
        "",
        "no head",
        article_file(text=""),
        article_file("title = "),
        article_file(HEAD.replace("5-7", "13+")),
        article_file(HEAD.replace("nature", "weapons")),
        article_file(HEAD.replace("fact", "joke")),
        article_file(HEAD.replace('"Ice"', "3")),
        article_file(HEAD + "tone = 'rude'\n"),
        article_file(HEAD + 'sources = [{ title = "Ice" }]\n'),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_named(data: str) -> None:
    with pytest.raises(ConfigError, match="article ice"):
        parse_article("ice", data)


def test_a_family_adds_a_folder_of_its_own_and_it_is_held_to_the_same_limits(tmp_path: Path) -> None:
    (tmp_path / "ice.md").write_text(article_file(), encoding="utf-8")
    (tmp_path / "bad.md").write_text(
        article_file(HEAD, "Visit https://example.org " + "and go on and on and " * 10 + "stop."), encoding="utf-8"
    )
    bad, good = load_folder(tmp_path)
    assert list(find_problems(good)) == []
    found = " / ".join(find_problems(bad))
    assert "address" in found and "source" in found and "a sentence of" in found
    assert Shelf([*ship().articles, good]).find("why is ice so cold", MIDDLE)[0].article.title == "Ice"


def test_two_files_of_one_name_and_band_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for path in (tmp_path / "ice.md", tmp_path / "sub" / "ice.md"):
        path.write_text(article_file(), encoding="utf-8")
    with pytest.raises(ConfigError, match="one band"):
        load_folder(tmp_path)
    (tmp_path / "sub" / "ice.md").write_bytes(b"x" * 20_001)
    with pytest.raises(ConfigError, match="20000"):
        load_folder(tmp_path)


def test_limits_name_what_is_over_them() -> None:
    long_text = "The extraordinarily complicated organisation administers uncertainty. " * 8
    assert [problem.split()[0] for problem in limits_of(MIDDLE).problems(long_text)] == ["grade", "40"]
    assert list(limits_of(MIDDLE).problems("The cat is on the mat.")) == []
    with pytest.raises(UnknownObject):
        limits_of(Audience.ADULT)


def test_an_older_band_knows_the_words_of_the_younger_ones() -> None:
    for younger, older in pairwise(BANDS):
        assert vocabulary_of(younger) < vocabulary_of(older)
