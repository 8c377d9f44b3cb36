"""Clause 13: variables that inject code are refused, a fixed list is handed on and recorded."""

from __future__ import annotations

import pytest

from verax.kernel.errors import RuntimeChanged
from verax.surfaces.launch.environment import (
    check_environment,
    injecting_variables,
    kept_environment,
    recorded_names,
)


@pytest.mark.parametrize(
    "name",
    [
        "LD_PRELOAD",
        "LD_AUDIT",
        "LD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "DYLD_LIBRARY_PATH",
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONSTARTUP",
        "PYTHONWARNINGS",
        "PYTHONPYCACHEPREFIX",
        "OPENSSL_CONF",
        "GGML_BACKEND_PATH",
        "GCONV_PATH",
    ],
)
def test_a_variable_that_loads_other_code_is_refused_by_name(name: str) -> None:
    with pytest.raises(RuntimeChanged) as caught:
        check_environment({"HOME": "/home/ann", name: "/tmp/x"})
    assert name in caught.value.message
    assert f"-u {name}" in caught.value.hint
    assert caught.value.reason_code == "runtime/injected"


def test_the_value_of_a_refused_variable_is_not_shown() -> None:
    with pytest.raises(RuntimeChanged) as caught:
        check_environment({"LD_PRELOAD": "/tmp/secret-name.so"})
    assert "secret-name" not in str(caught.value)


def test_every_refused_variable_is_named_at_once() -> None:
    assert injecting_variables({"PYTHONPATH": "a", "LD_AUDIT": "b", "PATH": "c"}) == ["LD_AUDIT", "PYTHONPATH"]


def test_an_empty_variable_loads_nothing_and_passes() -> None:
    check_environment({"LD_PRELOAD": "", "PYTHONPATH": ""})


def test_variables_that_only_change_how_python_prints_pass_and_are_not_handed_on() -> None:
    environ = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    check_environment(environ)
    assert kept_environment(environ) == {}


def test_settings_reach_the_server_and_unknown_variables_do_not() -> None:
    environ = {
        "VERAX_PORT": "8421",
        "HOME": "/home/ann",
        "LC_ALL": "C.UTF-8",
        "SOME_FLAG": "1",
        "XDG_CONFIG_HOME": "/c",
    }
    assert kept_environment(environ) == {name: environ[name] for name in environ if name != "SOME_FLAG"}


def test_no_injecting_variable_is_ever_handed_on() -> None:
    environ = {"GGML_BACKEND_PATH": "/tmp/x.so", "GGML_BACKEND_DIR": "/tmp", "LD_PRELOAD": "/tmp/x.so"}
    assert kept_environment(environ) == {}


def test_terminal_variables_are_handed_on_and_not_recorded() -> None:
    environ = {"TERM": "xterm", "NO_COLOR": "1", "PATH": "/bin"}
    assert kept_environment(environ) == environ
    assert recorded_names(environ) == ("PATH",)
