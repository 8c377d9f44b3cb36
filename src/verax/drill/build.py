"""A throw-away installation of the code that runs here: a copy of the package, and an environment for it.

::

    <folder>/
      src/verax/   the package, copied to the byte; the lock inside it is a file of its own
      env/         an environment whose site-packages link to the distributions that the lock names

* What an insider edits is the copy; the installation that plays the drill is only read.
* The copy has the same portable digest as the code it was copied from (clause 13), and measures itself as
  any editable installation does: its distribution has a RECORD, and nothing lies there that no RECORD claims.
* Making one takes no network and no installer.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

import verax
from verax.kernel.errors import ConfigError
from verax.surfaces.launch.inventory import read_distributions, read_locks
from verax.surfaces.launch.launcher import isolated_command
from verax.surfaces.launch.measure import LOCK
from verax.surfaces.launch.sources import default_hint

__all__ = ["Build"]

_BOOT = Path("surfaces", "launch", "boot.py")
_HINT = Path("share", "verax", "imports.txt")
_ENTRY = "from verax.surfaces.cli.main import main; main()"


@dataclass(frozen=True, slots=True)
class Build:
    """A copy of the code that can be started, edited and thrown away; made by `make` or `copy`."""

    folder: Path

    @property
    def package(self) -> Path:
        """The folder of the copied package."""
        return self.folder / "src" / "verax"

    @property
    def environment(self) -> Path:
        """The virtual environment."""
        return self.folder / "env"

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @classmethod
    def make(cls, folder: Path) -> Build:
        """Copy the code of this process to `folder`, which must not exist.

        Raises:
            ConfigError: a distribution that the lock names is not installed here.
        """
        build = cls(folder.resolve())
        here = Path(verax.__file__).resolve().parent
        build._fill(here, default_hint(), here.parent, _own_site())
        return build

    def copy(self, folder: Path) -> Build:
        """Copy this build, with what was edited in it, to `folder`, which must not exist."""
        build = Build(folder.resolve())
        build._fill(self.package, self.environment / _HINT, self.package.parent, self._site())
        return build

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of ``verax <arguments>`` as the launcher starts it: isolated (clause 13)."""
        flags = isolated_command(())[1:-1]
        return [str(self.python), *flags, str(self.package / _BOOT), *arguments]

    def typed_command(self, *arguments: str) -> list[str]:
        """Return the command line of ``verax <arguments>`` as a person types it; it starts the isolated one."""
        return [str(self.python), "-B", "-c", _ENTRY, *arguments]

    def _fill(self, package: Path, hint: Path, source: Path, site: Path) -> None:
        self.folder.mkdir(parents=True)
        shutil.copytree(package, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        venv.EnvBuilder(with_pip=False, symlinks=True).create(self.environment)
        for name, target in _locked(self.package / LOCK, _own_site()).items():
            (self._site() / name).symlink_to(target)
        self._install()
        moved = ((f"{site}/", f"{self._site()}/"), (f"{source}/", f"{self.package.parent}/"))
        _copy_hint(hint, self.environment / _HINT, moved)

    def _site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.environment / "lib" / version / "site-packages"

    def _install(self) -> None:
        """Write what an editable installation leaves: a path file, and the RECORD that claims it."""
        path_file = f"{self.package.parent}\n".encode()
        (self._site() / "verax.pth").write_bytes(path_file)
        digest = base64.urlsafe_b64encode(hashlib.sha256(path_file).digest()).rstrip(b"=").decode("ascii")
        name = f"verax-{verax.__version__}.dist-info"
        claimed = f"verax.pth,sha256={digest},{len(path_file)}\n{name}/RECORD,,\n"
        (self._site() / name).mkdir()
        (self._site() / name / "RECORD").write_text(claimed, encoding="utf-8")


def _own_site() -> Path:
    """Return the site-packages folder of this process, whose distributions every build links to."""
    return Path(sysconfig.get_path("platlib")).resolve()


def _locked(lock: Path, site: Path) -> dict[str, Path]:
    """Return what the locked distributions put into a site-packages folder, by its top-level name."""
    wanted = read_locks([lock])
    found: dict[str, Path] = {}
    for distribution in read_distributions(site):
        if distribution.version in wanted.get(distribution.name, ()):
            wanted.pop(distribution.name)
            found |= {name: site / name for name in {path.partition("/")[0] for path in distribution.files}}
    if wanted:
        raise ConfigError(f"drill: {min(wanted)}, which the lock names, is not installed here", hint="run: make up")
    return found


def _copy_hint(hint: Path, target: Path, moved: tuple[tuple[str, str], ...]) -> None:
    """Carry over the list of files that a start compiles ahead (`launch.sources`); without one it takes longer."""
    if not hint.is_file():
        return
    text = hint.read_text(encoding="utf-8", errors="surrogateescape")
    for old, new in moved:
        text = text.replace(old, new)
    target.parent.mkdir(parents=True)
    target.write_text(text, encoding="utf-8", errors="surrogateescape")
