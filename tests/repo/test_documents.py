"""Pages, links and commands that cannot drift."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from verax.surfaces.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")])
LIMIT_S = 60

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`([^`]+)`")
_COMMAND = re.compile(r"(?:make|(?:\.venv/bin/)?verax|python3 \S+\.py) ")
_FRAGMENT = re.compile(r"[a-z0-9-]+\.(?:added|changed|fixed|removed|security)\.md")

# The terms of the design that the glossary must define.
TERMS = (
    "release runtime channel change review gate rollout ban receipt segment turn surface claim evidence verdict record "
    "promise checkpoint witness fold head canary freeze rollback alarm seal tile note commitment"
).split()


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), f"{target} leads nowhere"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, queue = set(), [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page not in reached and page.suffix == ".md" and page.is_file():
            reached.add(page)
            targets = _LINK.findall(page.read_text(encoding="utf-8"))
            queue += [(page.parent / target.partition("#")[0]).resolve() for target in targets if "://" not in target]
    orphans = set((ROOT / "docs").rglob("*.md")) - reached
    assert {path.relative_to(ROOT).as_posix() for path in orphans} == set()


def commands_of(page: Path) -> list[str]:
    """Return what a page tells to run: lines of its shell blocks, and inline code that begins with a command."""
    lines, fence = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fence = None if fence is not None else line[3:]
        elif fence in ("sh", "console"):
            lines.append(line.removeprefix("$ ").partition("  #")[0].strip())
        elif fence is None:
            lines += _INLINE.findall(line)
    return [line for line in lines if _COMMAND.match(line)]


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_command_on_a_page_exists(page: Path) -> None:
    for line in commands_of(page):
        words = line.split()
        if words[0] == "make":
            assert_targets_exist([word for word in words[1:] if "=" not in word and not word.startswith("-")])
        elif words[0] == "python3":
            assert (ROOT / words[1]).is_file(), line
        else:
            assert_command_exists(words[1:], line)


def assert_targets_exist(targets: list[str]) -> None:
    """Fail for a target that the Makefile does not have; nothing is run."""
    done = subprocess.run(
        ["make", "--dry-run", "--silent", *targets],
        cwd=ROOT,
        env={**os.environ, "MAKEFLAGS": ""},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert "No rule to make target" not in done.stderr, done.stderr


def assert_command_exists(words: list[str], line: str) -> None:
    """Walk the command tree along the words of a line."""
    command: click.Command = cli
    context = click.Context(cli, info_name="verax")
    for word in words:
        if not isinstance(command, click.Group) or word.startswith("-"):
            break
        found = command.get_command(context, word)
        assert found is not None, f"{line}: there is no command {word!r}"
        command = found
    options = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
    options |= {name for parameter in cli.params for name in parameter.opts}
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"{line}: there is no option {word}"


def test_the_glossary_defines_every_term_once() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    defined = re.findall(r"^- \*\*([a-z ]+)\*\*:", text, re.MULTILINE)
    assert sorted(defined) == sorted(set(defined))
    assert [term for term in TERMS if term not in defined] == []


def test_the_list_of_decisions_is_current_and_each_is_short() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        expected = importlib.import_module("decision_list").decision_list()
    finally:
        sys.path.pop(0)
    assert (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8") == expected, "run make docs"
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]}: ")
        assert "**Status:**" in text
        assert len(text.split()) <= 600, f"{path.name} is over a page"


def test_every_fragment_of_the_change_log_is_one_sentence() -> None:
    for path in (ROOT / "changelog.d").glob("*.md"):
        if path.name != "README.md":
            assert _FRAGMENT.fullmatch(path.name), path.name
            text = path.read_text(encoding="utf-8").strip()
            assert text.endswith("."), path.name
            assert "\n" not in text, path.name


def test_every_target_that_help_lists_exists() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    targets = re.findall(r"make ([a-z-]+)", done.stdout)
    assert {"up", "down", "test", "check", "bench", "docs"} <= set(targets)
    assert_targets_exist(targets)
