"""Mutations of what surrounds the data folder: settings, environment, the package's own files."""

from __future__ import annotations

from pathlib import Path

from bench.mutations.case import Case, Mutator, Skip
from verax.config import Config

__all__ = ["PACKAGE", "SETTINGS"]

_VALUES = (
    "",
    "0",
    "1",
    "-1",
    "none",
    "true",
    "x",
    "99999999999",
    "localhost",
    "/",
    "/dev/null",
    "http://localhost:9/v1",
    "warning",
    "é",
    "a=b",
)
_GOOD: dict[str, tuple[str, ...]] = {
    "attachment_quota_bytes": ("0", "1024"),
    "gates_connections": ("1", "64"),
    "gates_environment": ("/nowhere",),
    "gates_judge_key": ("a",),
    "gates_judge_model": ("judge",),
    "gates_judge_url": ("http://localhost:9/v1",),
    "host": ("127.0.0.1", "0.0.0.0", "::1"),
    "log_interval_ms": ("1", "60000"),
    "log_level": ("debug", "error"),
    "max_attachment_bytes": ("1024",),
    "max_body_bytes": ("1024",),
    "max_messages": ("1",),
    "max_runs": ("1",),
    "metrics_auth": ("key",),
    "notify_mail": ("a@b.example",),
    "notify_smtp": ("smtp://mail.example",),
    "notify_webhook": ("http://localhost:9/hook",),
    "port": ("1", "65535"),
    "promise_deadline_ms": ("1000",),
    "public_url": ("https://other.example",),
    "queue_length": ("1",),
    "rate_burst": ("1",),
    "rate_per_minute": ("1", "none"),
    "remote_retries": ("0",),
    "session_hours": ("1",),
    "slots": ("1", "64"),
    "threads": ("1",),
    "unsafe_public_bind": ("true",),
    "url": ("http://localhost:9",),
    "weights": ("/nowhere.gguf", "/dev/null"),
    "witness_addresses": ("harbour=http://localhost:9",),
    "witness_interval_s": ("0.001", "86400"),
    "database_url": ("postgresql://nobody@127.0.0.1:9/x", "sqlite:///x"),
}
_UNKNOWN = (
    "HEAD",
    "CHANNEL_ASSISTANT",
    "RELEASE",
    "SYSTEM_PROMPT",
    "TEMPERATURE",
    "MODEL",
    "ROOT",
    "SOLO",
    "DEBUG",
    "HOMe",
    "MAX_HEAD_AGE_S",
)
_OUTSIDE = {
    "LD_PRELOAD": "/tmp/x.so",
    "LD_LIBRARY_PATH": "/tmp",
    "LD_AUDIT": "/tmp/x.so",
    "DYLD_INSERT_LIBRARIES": "/tmp/x",
    "PYTHONPATH": "/tmp",
    "PYTHONHOME": "/tmp",
    "PYTHONSTARTUP": "/tmp/x.py",
    "PYTHONWARNINGS": "error",
    "PYTHONHASHSEED": "7",
    "PYTHONOPTIMIZE": "2",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "0",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUSERBASE": "/tmp",
    "PYTHONBREAKPOINT": "os.abort",
    "PYTHONPYCACHEPREFIX": "/tmp",
    "PYTHONINSPECT": "1",
    "PYTHONPLATLIBDIR": "x",
    "PYTHONCASEOK": "1",
    "OPENSSL_CONF": "/tmp/x",
    "OPENSSL_MODULES": "/tmp",
    "GCONV_PATH": "/tmp",
    "GGML_BACKEND_PATH": "/tmp/x.so",
    "OMP_NUM_THREADS": "1",
    "TZ": "Pacific/Kiritimati",
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "C",
    "LC_CTYPE": "POSIX",
    "LANGUAGE": "de",
    "HOME": "/nowhere",
    "TMPDIR": "/nowhere",
    "XDG_DATA_HOME": "/nowhere",
    "XDG_CONFIG_HOME": "/nowhere",
    "PATH": "/nowhere",
    "USER": "root",
    "http_proxy": "http://localhost:9",
    "https_proxy": "http://localhost:9",
    "HTTP_PROXY": "http://localhost:9",
    "no_proxy": "*",
    "HTTPS_PROXY": "http://localhost:9",
    "SSL_CERT_FILE": "/nowhere",
    "SSL_CERT_DIR": "/nowhere",
    "PGHOST": "localhost",
    "PGDATABASE": "x",
    "SQLITE_TMPDIR": "/nowhere",
    "MALLOC_CONF": "junk:true",
    "GLIBC_TUNABLES": "x",
    "SOURCE_DATE_EPOCH": "0",
    "NO_COLOR": "1",
    "COLUMNS": "1",
    "BASH_ENV": "/tmp/x",
    "PIP_CONFIG_FILE": "/tmp/x",
    "CUDA_INJECTION64_PATH": "/tmp/x",
    "OPENSSL_ENGINES": "/tmp",
}


def _setting(case: Case) -> tuple[str, str]:
    name = case.rng.choice(sorted(set(Config.model_fields) - {"home", "keyring"}))
    good = _GOOD.get(name, ())
    return name, case.rng.choice(good) if good and case.rng.random() < 0.7 else case.rng.choice(_VALUES)


def set_variable(case: Case) -> str:
    """Set one variable of the product's own."""
    name, value = _setting(case)
    case.environ[f"VERAX_{name.upper()}"] = value
    return f"VERAX_{name.upper()}={value}"


def set_unknown_variable(case: Case) -> str:
    name = case.rng.choice(_UNKNOWN)
    case.environ[f"VERAX_{name}"] = case.rng.choice(_VALUES) or "x"
    return f"VERAX_{name}={case.environ[f'VERAX_{name}']}"


def set_foreign_variable(case: Case) -> str:
    """Set a variable of the loader, the interpreter, a library or the system."""
    name = case.rng.choice(sorted(_OUTSIDE))
    case.environ[name] = _OUTSIDE[name]
    return f"{name}={_OUTSIDE[name]}"


def set_several(case: Case) -> str:
    return "; ".join([set_variable(case), set_foreign_variable(case)])


def write_config(case: Case) -> str:
    """Write the file of settings: one known key, an unknown one, or something that is no such file."""
    name, value = _setting(case)
    shown = value if value.lstrip("-").isdigit() or value == "true" else f'"{value}"'
    text = case.rng.choice((
        f"{name} = {shown}\n",
        f"{name} = {shown}\n",
        f"{name} = {shown}\n",
        f"{name} = {shown}\n{name} = {shown}\n",
        f"[{name}]\nvalue = {shown}\n",
        f"head = {shown}\n",
        'home = "/nowhere"\n',
        "release =\n",
        "\0",
        "",
        "channels = [1]\n",
    ))  # fmt: skip
    (case.home / "config.toml").write_bytes(text.encode() if text != "\0" else b"\xff\xfe")
    return f"config.toml: {text.splitlines()[:1]}"


def name_another_home(case: Case) -> str:
    """Point the server at another data folder: an empty one, an older copy, a part of the true one."""
    how = case.rng.choice(("empty", "missing", "inside", "file"))
    places = {
        "empty": case.folder / "empty",
        "missing": case.folder / "no" / "such",
        "inside": case.home / "log",
        "file": case.database,
    }
    if how == "empty":
        places[how].mkdir()
    case.environ["VERAX_HOME"] = str(places[how])
    return f"VERAX_HOME names a folder that is {how}"


def change_package(case: Case) -> str:
    """Change, add or remove a file of the package: code, prompts, templates, suites, migrations, the lock."""
    root = Path(__import__("verax").__file__).parent
    kinds = (".toml", ".sql", ".json", ".txt", ".lock", ".py")
    kind = case.rng.choice(kinds)
    files = sorted(path for path in root.rglob(f"*{kind}") if "__pycache__" not in path.parts)
    if not files:
        raise Skip
    path = case.rng.choice(files)
    name = path.relative_to(root.parent).as_posix()
    data = path.read_bytes()
    how = case.rng.choice(("changed", "longer", "removed", "added"))
    if how == "added":
        name = f"verax/{case.rng.choice(('kernel', 'turn', 'products/assistant'))}/planted{kind}"
        data = b"x"
    elif how == "changed" and data:
        changed = bytearray(data)
        changed[case.rng.randrange(len(data))] ^= 1
        data = bytes(changed)
    else:
        data += b"\n"
    case.package[name] = None if how == "removed" else data
    return f"{name} {how}"


SETTINGS: dict[Mutator, int] = {
    set_variable: 10,
    set_unknown_variable: 3,
    set_foreign_variable: 8,
    set_several: 3,
    write_config: 10,
    name_another_home: 2,
}
"""Mutators of settings and environment with their weights."""

PACKAGE: dict[Mutator, int] = {change_package: 1}
"""Mutators of the package with their weights."""
