"""The command line: translate in, translate out, decide nothing.

Noun then verb: ``verax release show``, ``verax log verify``. Data goes to stdout and everything
else to stderr; every read takes ``--json``; the exit code is 0 done, 1 failed, 2 usage,
3 refused or not verified.

>>> from verax.surfaces.cli.main import run
>>> run(["--version"])
verax 0.1.0
0
"""

__all__: list[str] = []
