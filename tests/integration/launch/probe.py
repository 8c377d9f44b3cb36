"""Runs in the throw-away installation: the real boot, measurement and seal, driven by lines on stdin.

The command line is replaced, so that a test need not start a whole server: ``probe.py BOOT``
prints one JSON line for the measurement, then one for every line it reads.
"""

from __future__ import annotations

import json
import runpy
import sys
import types


def main() -> None:
    """What the isolated interpreter hands over to."""
    from verax.kernel.errors import VeraxError
    from verax.surfaces.launch.measure import measure_runtime
    from verax.surfaces.launch.seal import Seal

    try:
        measured = measure_runtime()
    except VeraxError as error:
        say(code=error.reason_code, message=error.message)
        sys.exit(3)
    say(code="", digest=measured.digest, portable=measured.portable, manifest=json.loads(measured.instance))
    seal = Seal(measured, lambda violation: say(violation=str(violation)), interval_s=0.2)
    seal.start()
    for line in sys.stdin:
        if line.strip() == "import":
            try:
                import late_arrival  # noqa: F401
            except ModuleNotFoundError as error:
                say(refused=str(error))
            else:
                say(refused="")
            continue
        try:
            seal.check_sealed()
        except VeraxError as error:
            say(code=error.reason_code, message=error.message)
        else:
            say(code="")
    seal.stop()


def say(**fields: object) -> None:
    """Print one JSON line."""
    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    command_line = types.ModuleType("verax.surfaces.cli.main")
    command_line.main = main  # type: ignore[attr-defined]
    sys.modules["verax.surfaces.cli.main"] = command_line
    runpy.run_path(sys.argv.pop(1), run_name="__main__")
