"""The attacks of clause 13, carried out for real on a throw-away installation."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verax.surfaces.launch.launcher import NO_BYTECODE, isolated_command

if TYPE_CHECKING:
    from conftest import Installation

LIMIT_S = 180

Answer = dict[str, Any]


def poison_bytecode(source: Path, code: str) -> Path:
    """Write bytecode that an ordinary interpreter runs in place of `source`, which stays as it is."""
    status = source.stat()
    header = importlib.util.MAGIC_NUMBER + (0).to_bytes(4, "little")
    header += (int(status.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
    header += (status.st_size & 0xFFFFFFFF).to_bytes(4, "little")
    cached = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    cached.parent.mkdir(exist_ok=True)
    cached.write_bytes(header + marshal.dumps(compile(code, str(source), "exec")))
    return cached


def record_anew(site: Path, distribution: str, changed: Path) -> None:
    """Do what a careful attacker does: write the new digest of a file into the RECORD."""
    [record] = site.glob(f"{distribution}-*.dist-info/RECORD")
    value = base64.urlsafe_b64encode(hashlib.sha256(changed.read_bytes()).digest()).rstrip(b"=").decode()
    name = changed.relative_to(site).as_posix()
    lines = [line for line in record.read_text().splitlines() if not line.startswith(name + ",")]
    record.write_text("\n".join([*lines, f"{name},sha256={value},{changed.stat().st_size}"]) + "\n")


def test_an_untouched_installation_measures_the_same_at_every_start(
    installation: Installation, untouched: Answer
) -> None:
    first = installation.measure()
    assert first["code"] == ""
    assert first == untouched
    names = {package["name"] for package in first["manifest"]["packages"]}
    assert {"verax", "aiohttp", "xllamacpp"} <= names
    assert [line[65:] for line in first["manifest"]["path_files"]] == ["verax.pth"]
    assert any("libc" in line or "dylib" in line for line in first["manifest"]["native"])


def test_poisoned_bytecode_of_a_dependency_does_not_run(installation: Installation, untouched: Answer) -> None:
    mark = installation.site / "poison-ran"
    source = installation.site / "click" / "__init__.py"
    poison_bytecode(source, f"open({str(mark)!r}, 'w').close()\n")
    subprocess.run([installation.python, "-c", "import click"], timeout=LIMIT_S, check=True)
    assert mark.exists(), "the poison must work on an ordinary interpreter, or this test shows nothing"
    mark.unlink()
    assert installation.measure() == untouched
    assert not mark.exists()


def test_poisoned_bytecode_of_verax_itself_does_not_run(installation: Installation, untouched: Answer) -> None:
    mark = installation.site / "poison-ran"
    poison_bytecode(installation.package / "__init__.py", f"open({str(mark)!r}, 'w').close()\n")
    subprocess.run([installation.python, "-c", "import verax"], timeout=LIMIT_S, check=True)
    assert mark.exists()
    mark.unlink()
    assert installation.measure() == untouched
    assert not mark.exists()


def test_bytecode_beside_a_package_is_refused(installation: Installation) -> None:
    cached = poison_bytecode(installation.site / "click" / "__init__.py", "")
    cached.rename(installation.site / "sidecar.pyc")
    answer = installation.measure()
    assert answer["code"] == "runtime/changed"
    assert "sidecar.pyc: no package installed it" in answer["message"]


def test_an_added_path_file_does_not_run_and_is_refused(installation: Installation) -> None:
    mark = installation.site / "evil-ran"
    (installation.site / "evil.pth").write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n")
    subprocess.run([installation.python, "-c", "pass"], timeout=LIMIT_S, check=True)
    assert mark.exists(), "the path file must work on an ordinary interpreter, or this test shows nothing"
    mark.unlink()
    answer = installation.measure()
    assert answer["code"] == "runtime/changed"
    assert "evil.pth: no package installed it" in answer["message"]
    assert not mark.exists()


def test_the_path_file_of_the_editable_install_cannot_be_used_either(installation: Installation) -> None:
    path_file = installation.site / "verax.pth"
    path_file.write_text(path_file.read_text() + "import os\n")
    assert "verax.pth: changed since verax was installed" in installation.measure()["message"]


def test_sitecustomize_does_not_run_and_is_refused(installation: Installation) -> None:
    mark = installation.site / "custom-ran"
    (installation.site / "sitecustomize.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    answer = installation.measure()
    assert "sitecustomize.py: no package installed it" in answer["message"]
    assert not mark.exists()


def test_one_changed_line_in_a_dependency_is_refused(installation: Installation) -> None:
    source = installation.site / "starlette" / "responses.py"
    source.write_text(source.read_text() + "\nquiet = True\n")
    answer = installation.measure()
    assert answer["code"] == "runtime/changed"
    assert "starlette/responses.py: changed since starlette was installed" in answer["message"]


def test_a_changed_dependency_with_a_new_record_shows_in_the_runtime(
    installation: Installation, untouched: Answer
) -> None:
    source = installation.site / "starlette" / "responses.py"
    source.write_text(source.read_text() + "\nquiet = True\n")
    record_anew(installation.site, "starlette", source)
    [record] = installation.site.glob("starlette-*.dist-info/RECORD")
    after = installation.measure()
    assert after["code"] == ""
    assert after["portable"] == untouched["portable"]
    assert after["digest"] != untouched["digest"]
    old, new = (
        {item["name"]: item["digest"] for item in answer["manifest"]["packages"]} for answer in (untouched, after)
    )
    assert {name for name in old if old[name] != new[name]} == {"starlette"}
    assert record.is_file()


def test_a_changed_source_line_of_verax_changes_what_people_must_admit(
    installation: Installation, untouched: Answer
) -> None:
    source = installation.package / "kernel" / "segments.py"
    source.write_text(source.read_text().replace('"release"', '"release" '))
    after = installation.measure()
    assert after["code"] == ""
    assert after["portable"] != untouched["portable"]


def test_a_changed_lock_changes_what_people_must_admit(installation: Installation, untouched: Answer) -> None:
    lock = (installation.package / "surfaces" / "launch" / "core.lock").resolve()
    original = lock.read_bytes()
    try:
        lock.write_bytes(original + b"# another line\n")
        assert installation.measure()["portable"] != untouched["portable"]
    finally:
        lock.write_bytes(original)


def test_a_changed_source_line_under_a_running_server_ends_new_turns(installation: Installation) -> None:
    source = installation.package / "kernel" / "segments.py"
    with installation.running() as server:
        assert server.first["code"] == ""
        assert server.ask("check") == {"code": ""}
        source.write_text(source.read_text() + "\nquiet = True\n")
        assert server.next_violation() == f"{source}: its content changed"
        answer = server.ask("check")
    assert answer["code"] == "runtime/changed"
    assert "segments.py" in answer["message"]


def test_a_path_file_added_under_a_running_server_ends_new_turns(installation: Installation) -> None:
    with installation.running() as server:
        (installation.site / "evil.pth").write_text("import os\n")
        assert server.next_violation() == f"{installation.site / 'evil.pth'}: it appeared after the start"
        assert server.ask("check")["code"] == "runtime/changed"


def test_code_that_arrives_after_the_start_is_not_imported(installation: Installation) -> None:
    with installation.running() as server:
        mark = installation.site / "late-ran"
        (installation.site / "late_arrival.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
        assert "sealed" in server.ask("import")["refused"]
        assert not mark.exists()
        assert server.ask("check")["code"] == "runtime/changed"


@pytest.mark.parametrize("name", ["LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES", "PYTHONPATH"])
def test_a_variable_that_injects_code_stops_the_start(installation: Installation, name: str) -> None:
    command = [str(installation.python), *isolated_command([])[1:-1]]
    boot = installation.package / "surfaces" / "launch" / "boot.py"
    done = subprocess.run(
        [*command, str(boot)],
        env={name: "/nonexistent/library.so"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode != 0
    assert f"found {name}" in done.stderr


@pytest.mark.parametrize("flags", [[], ["--detach"]])
def test_the_command_that_people_type_refuses_such_a_variable(flags: list[str], tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("verax")), "up", *flags]
    environ = {"LD_AUDIT": "/nonexistent/library.so", "VERAX_HOME": str(tmp_path), "VERAX_PORT": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert done.returncode != 0
    assert "found LD_AUDIT" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["refused-starts"]


def test_no_bytecode_can_ever_be_put_where_the_server_looks_for_it() -> None:
    with pytest.raises(NotADirectoryError):
        Path(NO_BYTECODE).mkdir(parents=True)
    with pytest.raises(NotADirectoryError):
        os.open(f"{NO_BYTECODE}/x.pyc", os.O_CREAT | os.O_WRONLY)
