"""Start the interpreter again with nothing of the outside in it (protocol clause 13).

* ``-I``: no ``PYTHON*`` variable, no user site, no script folder on the path.
* ``-S``: no ``.pth`` file and no sitecustomize runs; `boot` builds the path itself.
* ``-B -X pycache_prefix=/dev/null/…``: no bytecode is read or written. Nobody can create a
  file below ``/dev/null``, so even a folder that was empty at start cannot be filled later.
* The environment is the list of `environment.kept_environment`.

What this cannot do: it starts from an ordinary Python process, which a hostile ``.pth`` file
could have subverted. Such a file is unexpected, so the measurement of an honest second stage
refuses; a machine whose owner replaced the first stage proves nothing (clause 15).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from verax.surfaces.launch.environment import check_environment, kept_environment

__all__ = ["NO_BYTECODE", "enter", "is_isolated", "isolated_command", "relaunch"]

NO_BYTECODE = "/dev/null/no-bytecode"
_BOOT = Path(__file__).with_name("boot.py")


def is_isolated() -> bool:
    """Say whether this process was started by `relaunch` or `isolated_command`."""
    flags = sys.flags
    return bool(flags.isolated and flags.no_site and flags.dont_write_bytecode) and sys.pycache_prefix == NO_BYTECODE


def isolated_command(arguments: Sequence[str]) -> list[str]:
    """Return the command line that runs ``verax <arguments>`` isolated; pass it `kept_environment`."""
    flags = ["-I", "-S", "-B", "-X", f"pycache_prefix={NO_BYTECODE}"]
    return [sys.executable, *flags, str(_BOOT), *arguments]


def relaunch(arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process by ``verax <arguments>``, isolated.

    Raises:
        RuntimeChanged: a variable injects code.
    """
    check_environment(environ)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, isolated_command(arguments), kept_environment(environ))  # noqa: S606 - no shell wanted


def enter() -> NoReturn:
    """Run the command line inside the isolated interpreter; `boot` calls this."""
    check_environment(os.environ)
    from verax.surfaces.cli.main import main

    sys.argv[0] = "verax"
    main()
    sys.exit(0)
