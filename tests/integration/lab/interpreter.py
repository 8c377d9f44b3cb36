"""Start a process of the lab's Python for each request without importing PyTorch each time: ``interpreter.py``.

It imports what the lab's commands import, then forks for each request, so that a process has what an interpreter of its
own would have, and takes the arguments that one would take: ``-m MODULE``, ``-c CODE`` or a file. Requests and answers
are lines of JSON on stdin and stdout:

    {"start": [arguments], "folder": where its stdout and stderr go}    {"pid": its process id}
    {"poll": pid}                                                       {"code": as in `subprocess`; null while it runs}
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback
from pathlib import Path

IMPORTED = (
    "lab.guard.export",
    "lab.guard.model",
    "lab.verifier.distillation",
    "lab.verifier.export",
    "lab.verifier.kinds",
    "lab.verifier.session",
    "lab.verifier.training",
    "transformers.models.bert.modeling_bert",
    "transformers.models.llama.modeling_llama",
)


def main() -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


def answer(request: dict[str, object]) -> dict[str, int | None]:
    if "start" in request:
        return {"pid": start(list(request["start"]), Path(str(request["folder"])))}
    ended, status = os.waitpid(int(request["poll"]), os.WNOHANG)
    return {"code": os.waitstatus_to_exitcode(status) if ended else None}


def start(arguments: list[str], folder: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        for number, name in ((0, os.devnull), (1, folder / "stdout"), (2, folder / "stderr")):
            opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            os.dup2(opened, number)
            os.close(opened)
        code = run(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def run(arguments: list[str]) -> int:
    """Run what an interpreter would, and return its exit code."""
    kind, *rest = arguments
    sys.argv = arguments if kind not in ("-m", "-c") else rest if kind == "-m" else ["-c", *rest[1:]]
    try:
        if kind == "-m":
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif kind == "-c":
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        else:
            runpy.run_path(kind, run_name="__main__")
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - the process ends here
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
