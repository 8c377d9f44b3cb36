"""What changed between two releases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verax.kernel.release import Release
from verax.kernel.release_diff import FieldDiff, Run, diff_releases, diff_texts
from verax.testing.releases import make_release, manifest_toml


def texts_of(diff: FieldDiff) -> tuple[str, str]:
    before = "".join(run.text for run in diff.runs if run.op != "added")
    after = "".join(run.text for run in diff.runs if run.op != "removed")
    return before, after


def test_a_release_does_not_differ_from_itself() -> None:
    assert diff_releases(make_release("x"), make_release("x")) == ()


def test_one_changed_word_is_seen_as_one() -> None:
    (diff,) = diff_releases(make_release("You are kind.\nBe brief."), make_release("You are rude.\nBe brief."))
    assert diff.path == "prompt.system"
    assert diff.runs == (
        Run("same", "You are "), Run("removed", "kind"), Run("added", "rude"), Run("same", ".\n"),
        Run("same", "Be brief."),
    )  # fmt: skip


def test_every_field_that_differs_is_listed_with_its_path() -> None:
    new = Release.from_toml(
        manifest_toml("x", rest='[sampling]\ntop_k = 5\nallow = ["seed"]', guard=make_guard("refuse"))
    )
    paths = {diff.path: (diff.before, diff.after) for diff in diff_releases(make_release("x"), new)}
    assert paths == {
        "guard.input[0].action": ("mark", "refuse"),
        "sampling.allow": ("[]", None),
        "sampling.allow[0]": (None, "seed"),
        "sampling.top_k": ("0", "5"),
    }


def make_guard(action: str) -> str:
    return (
        f'[guard]\ninput = [{{ detector = "hidden_text", action = "{action}" }}]\n'
        'output = [{ detector = "secrets", action = "rewrite" }]'
    )


@given(st.text(alphabet="ab c\n.", max_size=60), st.text(alphabet="ab c\n.", max_size=60))
def test_the_runs_give_both_texts_back(old: str, new: str) -> None:
    for diff in diff_releases(make_release(old), make_release(new)):
        assert texts_of(diff) == (diff.before, diff.after)


def test_a_block_of_very_many_words_is_shown_whole() -> None:
    old, new = "a " * 3000 + "a", "b " * 3000 + "b"
    (diff,) = diff_releases(make_release(old), make_release(new))
    assert diff.runs == (Run("removed", old), Run("added", new))


def test_texts_of_50_000_lines_are_compared_whatever_they_repeat() -> None:
    many = [f"line {number}\n" for number in range(50_000)]
    edited = [*many[:5], "another\n", *many[6:]]
    assert [run.text for run in diff_texts("".join(many), "".join(edited)) if run.op == "added"] == ["another"]
    repeated = "a\n" * 50_000
    for old, new in ((repeated, f"b\n{repeated[2:-2]}c\n"), ("".join(many), repeated), (repeated, "".join(many))):
        runs = diff_texts(old, new)
        assert "".join(run.text for run in runs if run.op != "added") == old
        assert "".join(run.text for run in runs if run.op != "removed") == new
