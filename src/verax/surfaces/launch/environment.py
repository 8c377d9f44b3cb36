"""Which variables may reach a server (protocol clause 13).

* A variable that makes the loader, the interpreter or a library run code from elsewhere is
  refused, with its name: whoever set it should know that it would have had no effect.
* Of the rest, a fixed list is handed on and its names are recorded in the instance manifest.
  What is not on the list does not reach the server, so it cannot change a reply unseen.
"""

from __future__ import annotations

from collections.abc import Mapping

from verax.kernel.errors import RuntimeChanged

__all__ = ["check_environment", "injecting_variables", "kept_environment", "recorded_names"]

_INJECTING_PREFIXES = ("LD_", "DYLD_")
_INJECTING = frozenset(
    {
        "CUDA_INJECTION64_PATH",
        "GCONV_PATH",
        "GGML_BACKEND_DIR",
        "GGML_BACKEND_PATH",
        "OMP_TOOL_LIBRARIES",
        "OPENSSL_CONF",
        "OPENSSL_ENGINES",
        "OPENSSL_MODULES",
        "PYTHONBREAKPOINT",
        "PYTHONCASEOK",
        "PYTHONEXECUTABLE",
        "PYTHONHOME",
        "PYTHONINSPECT",
        "PYTHONPATH",
        "PYTHONPLATLIBDIR",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSTARTUP",
        "PYTHONUSERBASE",
        "PYTHONWARNINGS",
    }
)
_TERMINAL = frozenset({"COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM"})
_KEPT = _TERMINAL | {
    "CUDA_VISIBLE_DEVICES",
    "HIP_VISIBLE_DEVICES",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOGNAME",
    "PATH",
    "ROCR_VISIBLE_DEVICES",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
    "USER",
    "http_proxy",
    "https_proxy",
    "no_proxy",
}
_KEPT_PREFIXES = ("GGML_", "HTTPS_PROXY", "HTTP_PROXY", "LC_", "NO_PROXY", "OMP_", "PG", "VERAX_", "XDG_")


def injecting_variables(environ: Mapping[str, str]) -> list[str]:
    """Return the names of set, non-empty variables that run code from elsewhere, sorted."""
    names = (name for name, value in environ.items() if value)
    return sorted(name for name in names if name in _INJECTING or name.startswith(_INJECTING_PREFIXES))


def check_environment(environ: Mapping[str, str]) -> None:
    """Refuse variables that inject code.

    Raises:
        RuntimeChanged: at least one is set; code ``runtime/injected``.
    """
    names = injecting_variables(environ)
    if names:
        raise RuntimeChanged(
            f"environment: expected no variable that loads other code, found {', '.join(names)}",
            hint=f"unset it and start again: env {' '.join(f'-u {name}' for name in names)} verax up",
            code="runtime/injected",
        )


def kept_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a server is started with."""
    return {
        name: value
        for name, value in environ.items()
        if name in _KEPT or (name.startswith(_KEPT_PREFIXES) and name not in _INJECTING)
    }


def recorded_names(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names for the instance manifest, sorted.

    Terminal variables are left out: they colour messages and would give one installation
    another digest in each terminal.
    """
    return tuple(sorted(set(kept_environment(environ)) - _TERMINAL))
