"""The configuration: precedence, unknown keys, masking, loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from verax.config import Config, is_loopback, load_config, mask_url
from verax.kernel.errors import ConfigError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "VERAX_HOME": str(tmp_path / "data"), "PATH": "/bin"}


def write_file(environ: dict[str, str], text: str) -> Path:
    home = Path(environ["VERAX_HOME"])
    home.mkdir(exist_ok=True)
    path = home / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_need_nothing_but_a_home_folder(tmp_path: Path) -> None:
    loaded = load_config(environ={"HOME": str(tmp_path)})
    assert loaded.config.home == tmp_path / ".local/share/verax"
    assert loaded.config.keyring == tmp_path / ".config/verax"
    assert loaded.config.base_url == "http://localhost:8420"
    assert set(loaded.sources.values()) == {"default"}


def test_folders_follow_the_xdg_variables_when_they_are_absolute(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "d"), "XDG_CONFIG_HOME": "relative"}
    config = load_config(environ=environ).config
    assert config.home == tmp_path / "d/verax"
    assert config.keyring == tmp_path / ".config/verax"


def test_a_flag_wins_over_the_environment_which_wins_over_the_file(environ: dict[str, str]) -> None:
    path = write_file(environ, 'port = 1111\nslots = 2\nlog_level = "debug"\n')
    environ |= {"VERAX_PORT": "2222", "VERAX_SLOTS": "3"}
    loaded = load_config({"port": 3333, "host": None}, environ=environ)
    assert (loaded.config.port, loaded.config.slots, loaded.config.log_level) == (3333, 3, "debug")
    assert loaded.sources["port"] == "flag"
    assert loaded.sources["slots"] == "VERAX_SLOTS"
    assert loaded.sources["log_level"] == str(path)
    assert loaded.sources["host"] == "default"


def test_the_file_is_looked_for_in_the_home_that_the_flag_names(environ: dict[str, str], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text("port = 4444\n")
    assert load_config({"home": str(other)}, environ=environ).config.port == 4444


def test_an_unknown_key_in_the_file_fails_with_a_suggestion(environ: dict[str, str]) -> None:
    path = write_file(environ, "prot = 1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(environ=environ)
    assert caught.value.message == f"{path}: unknown setting 'prot'"
    assert caught.value.hint == "did you mean port?"
    assert caught.value.reason_code == "config/unknown-key"


def test_an_unknown_variable_fails_with_a_suggestion(environ: dict[str, str]) -> None:
    environ["VERAX_PROT"] = "1"
    with pytest.raises(ConfigError, match="unknown variable VERAX_PROT") as caught:
        load_config(environ=environ)
    assert caught.value.hint == "did you mean VERAX_PORT?"


def test_an_unknown_name_without_a_neighbour_points_to_the_list(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="command line: unknown setting") as caught:
        load_config({"zzzzzzzz": 1}, environ=environ)
    assert "config show" in caught.value.hint


@pytest.mark.parametrize("name", ["system_prompt", "temperature", "release", "model", "channel", "persona"])
def test_nothing_that_shapes_behaviour_can_be_configured(environ: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigError):
        load_config(environ=environ | {f"VERAX_{name.upper()}": "x"})


def test_variables_of_the_launcher_are_not_settings(environ: dict[str, str]) -> None:
    load_config(environ=environ | {"VERAX_LAUNCH_SEAL": "1"})


def test_an_empty_variable_counts_as_not_set(environ: dict[str, str]) -> None:
    assert load_config(environ=environ | {"VERAX_PORT": ""}).sources["port"] == "default"


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("port = 0", "port"),
        ("port = 65536", "port"),
        ('port = "high"', "port"),
        ("slots = 0", "slots"),
        ('log_level = "loud"', "log_level"),
        ('url = "localhost:8420"', "url"),
        ('url = "http://ann:pw@host"', "url"),
        ('database_url = "mysql://x"', "database_url"),
        ("remote_idle_timeout_s = inf", "remote_idle_timeout_s"),
        ("rate_per_minute = 0", "rate_per_minute"),
    ],
)
def test_a_malformed_value_names_the_setting_and_its_file(environ: dict[str, str], line: str, part: str) -> None:
    path = write_file(environ, line + "\n")
    with pytest.raises(ConfigError) as caught:
        load_config(environ=environ)
    assert caught.value.message.startswith(f"setting {part} (from {path}): ")


def test_a_file_that_is_not_toml_says_so(environ: dict[str, str]) -> None:
    write_file(environ, "port 8420")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config(environ=environ)


def test_a_file_that_cannot_be_read_says_so(environ: dict[str, str]) -> None:
    (Path(environ["VERAX_HOME"]) / "config.toml").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(environ=environ)


def test_home_cannot_be_set_in_the_file_that_lies_in_it(environ: dict[str, str]) -> None:
    write_file(environ, 'home = "/elsewhere"\n')
    with pytest.raises(ConfigError, match="home cannot be set"):
        load_config(environ=environ)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_a_host_that_others_can_reach_needs_the_unsafe_setting(environ: dict[str, str], host: str) -> None:
    with pytest.raises(ConfigError, match="can be reached from other machines"):
        load_config({"host": host}, environ=environ)
    assert load_config({"host": host, "unsafe_public_bind": True}, environ=environ).config.host == host


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_addresses_are_reached_as_localhost(environ: dict[str, str], host: str) -> None:
    assert is_loopback(host)
    assert load_config({"host": host}, environ=environ).config.base_url == "http://localhost:8420"


def test_addresses_for_clients_follow_proxy_host_and_url(environ: dict[str, str]) -> None:
    public = {"unsafe_public_bind": True}
    assert load_config(public | {"host": "0.0.0.0"}, environ=environ).config.base_url == "http://localhost:8420"
    assert load_config(public | {"host": "fd00::1"}, environ=environ).config.base_url == "http://[fd00::1]:8420"
    proxied = load_config({"public_url": "https://verax.example/"}, environ=environ).config
    assert proxied.base_url == "https://verax.example"
    assert proxied.client_url == "http://localhost:8420"
    assert load_config({"url": "https://far.example"}, environ=environ).config.client_url == "https://far.example"


@pytest.mark.parametrize("keyring", ["", "/keys", "/a/b"])
def test_the_keyring_may_not_lie_in_the_data_folder(environ: dict[str, str], keyring: str) -> None:
    with pytest.raises(ConfigError, match="people's keys"):
        load_config({"keyring": environ["VERAX_HOME"] + keyring}, environ=environ)


def test_secrets_are_masked_wherever_the_configuration_is_shown(environ: dict[str, str]) -> None:
    environ |= {"VERAX_API_KEY": "vx-topsecret", "VERAX_DATABASE_URL": "postgresql://ann:hunter2@db/verax"}
    loaded = load_config(environ=environ)
    shown = {setting.name: setting.value for setting in loaded.settings()}
    assert shown["api_key"] == "********"
    assert shown["database_url"] == "postgresql://ann:********@db/verax"
    text = f"{loaded!r} {loaded.config!r} {loaded.config}"
    assert "topsecret" not in text
    assert "hunter2" not in text


def test_an_error_does_not_repeat_a_secret_value(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(environ=environ | {"VERAX_DATABASE_URL": "mysql://ann:hunter2@db"})
    assert "hunter2" not in str(caught.value)


def test_a_url_without_a_password_is_shown_whole() -> None:
    assert mask_url("http://localhost:8420/x") == "http://localhost:8420/x"


def test_the_model_is_frozen(environ: dict[str, str]) -> None:
    config = load_config(environ=environ).config
    with pytest.raises(ValueError, match="frozen"):
        config.port = 1  # type: ignore[misc]  # the assignment that must fail


def test_every_setting_is_described() -> None:
    assert all(field.description and field.description.endswith(".") for field in Config.model_fields.values())


def test_no_limit_is_none_and_threads_leave_a_core_free(environ: dict[str, str]) -> None:
    config = load_config({"rate_per_minute": "none", "threads": "none"}, environ=environ).config
    assert config.rate_per_minute is None
    assert config.embedded_threads >= 1
    assert load_config({"threads": 3}, environ=environ).config.embedded_threads == 3


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"notify_webhook": "http://example.org/hook"}, "https"),
        ({"notify_webhook": "ftp://example.org/hook"}, "https"),
        ({"notify_webhook": "https://ann:pass@example.org/"}, "without a password"),
        ({"notify_webhook": "https:///hook"}, "https"),
        ({"notify_smtp": "http://example.org", "notify_mail": "a@b.org"}, "smtps"),
        ({"notify_smtp": "smtps://", "notify_mail": "a@b.org"}, "smtps"),
        ({"notify_smtp": "smtps://mail.example.org"}, "go together"),
        ({"notify_mail": "a@b.org"}, "go together"),
        ({"notify_smtp": "smtps://mail.example.org", "notify_mail": "not an address"}, "mail addresses"),
        ({"notify_smtp": "smtps://m.org", "notify_mail": "a@b.org\nBcc: c@d.org"}, "mail addresses"),
    ],
)
def test_notices_go_only_where_they_are_safe(settings: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(settings, environ={"HOME": "/nowhere"})


def test_addresses_of_notices_are_masked() -> None:
    loaded = load_config(
        {
            "notify_webhook": "https://hooks.example.org/secret-token",
            "notify_webhook_secret": "shared",
            "notify_smtp": "smtps://ann:pass@mail.example.org",
            "notify_mail": "ann@example.org, bob@example.org",
        },
        environ={"HOME": "/nowhere"},
    )
    assert loaded.config.mail_receivers == ("ann@example.org", "bob@example.org")
    shown = str(loaded.settings())
    assert not any(word in shown for word in ("secret-token", "shared", "pass@"))


def test_a_webhook_on_this_machine_may_speak_plain_http() -> None:
    assert (
        load_config({"notify_webhook": "http://localhost:9000/x"}, environ={"HOME": "/nowhere"}).config.notify_webhook
        is not None
    )
