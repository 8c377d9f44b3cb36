"""The configuration: one frozen model, built once at the edge.

* A value comes from a flag, then from ``VERAX_<NAME>`` in the environment, then from
  ``config.toml`` in the data folder, then from its default.
* A variable that is set to nothing counts as not set.
* An unknown key in the file, an unknown ``VERAX_`` variable and an unknown flag are errors.
* Only operational values stand here: places, ports, sizes, times. Nothing that shapes what
  a model reads or says can be configured; that lives in releases alone (invariants 2 and 4).
* The server binds loopback addresses only, unless `unsafe_public_bind` says otherwise.

The kernel never reads the configuration.

>>> load_config({"port": 9000}, environ={"HOME": "/home/ann"}).config.base_url
'http://localhost:9000'
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from verax.kernel.errors import ConfigError
from verax.store.disk import read_regular

__all__ = [
    "CONFIG_FILE",
    "ENVIRONMENT_PREFIX",
    "LAUNCHER_PREFIX",
    "Config",
    "LoadedConfig",
    "Setting",
    "base_folder",
    "default_home",
    "is_loopback",
    "load_config",
    "mask_url",
    "settings_of",
]

CONFIG_FILE = "config.toml"
ENVIRONMENT_PREFIX = "VERAX_"
# Variables that the launcher hands to the process it starts; they are not settings.
LAUNCHER_PREFIX = "VERAX_LAUNCH_"

_MASK = "********"
_MAIL_ADDRESS = re.compile(r"[^\s@,<>]{1,64}@[^\s@,<>]{1,255}")

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Milliseconds = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Config(BaseModel):
    """Every setting of a server and of the command line; the descriptions are the reference page."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True)

    home: Path = Field(description="Data folder: logs, messages, accounts and the keys of the server itself.")
    keyring: Path = Field(description="Folder for people's own keys and the command line's API key; never in `home`.")

    host: str = Field(default="localhost", min_length=1, description="Address to listen on.")
    port: Port = Field(default=8420, description="Port to listen on.")
    unsafe_public_bind: bool = Field(
        default=False,
        description="Allow a `host` that other machines can reach. Verax speaks plain HTTP: put TLS in front of it.",
    )
    public_url: str | None = Field(
        default=None, description="Address that clients use when a proxy stands in front; receipts link to it."
    )

    url: str | None = Field(
        default=None, description="Server that the command line talks to; the one on this machine when not set."
    )
    api_key: SecretStr | None = Field(
        default=None, description="API key of the command line; the one in the keyring when not set."
    )

    database_url: str | None = Field(
        default=None,
        repr=False,
        description="`postgresql://…`, which servers on one `home` may share; a SQLite file in `home` when not set.",
    )
    weights: Path | None = Field(
        default=None, description="GGUF file of the embedded model; the one `make up` installed when not set."
    )
    threads: Count | None = Field(
        default=None, description="Threads of one engine of the embedded model; one less than the cores when not set."
    )
    slots: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2, description="Turns that the embedded model runs side by side; each needs memory for a context."
    )
    queue_length: Count = Field(default=64, description="Turns that wait for a slot before the server answers 429.")

    max_body_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=8 * 2**20, description="Largest request body, in bytes."
    )
    max_messages: Count = Field(default=2000, description="Longest list of messages in one request.")
    max_runs: Count = Field(
        default=4, description="Answers in conversations that one account may have in flight at a time."
    )
    max_attachment_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=20 * 2**20, description="Largest file that a person may attach, in bytes."
    )
    attachment_quota_bytes: Annotated[int, Field(ge=0)] = Field(
        default=2**30, description="Bytes of attached files that one account may keep."
    )
    max_document_bytes: Annotated[int, Field(ge=1024)] = Field(
        default=64 * 2**20, description="Largest file that a collection takes, in bytes."
    )
    collection_quota_chars: Annotated[int, Field(ge=0)] = Field(
        default=2**30, description="Characters of text that the collections of one account may keep."
    )
    web_fetch: bool = Field(
        default=True, description="Fetch pages of the public web for people who name their addresses."
    )
    web_ports: str = Field(default="80, 443", description="Ports of the web that may be asked, parted by commas.")
    web_timeout_s: Seconds = Field(
        default=30.0, description="Longest time to fetch one page, lookups and redirects included."
    )
    web_search: Literal["none", "searxng", "brave", "tavily"] = Field(
        default="none", description="Engine that searches of the web go to."
    )
    web_search_url: str | None = Field(
        default=None, description="Its address; the hosted one of `brave` and `tavily` when not set."
    )
    web_search_key: str = Field(default="", description="Name of the stored model key that it is asked with.")
    web_owner_names: str = Field(
        default="",
        description="Names of the assistant's owner, parted by commas: no search looks for them unless it is asked to.",
    )
    junior_folder: Path | None = Field(
        default=None,
        description="Folder of a family's or school's own articles for Junior, which its releases name by digest:"
        ' "verax junior admit" brings them in, and until then Junior says nothing.',
    )
    rate_per_minute: Count | None = Field(
        default=600, description="Requests a minute for each API key; `none` for no limit."
    )
    rate_burst: Count = Field(default=120, description="Requests that one key may send at once.")

    log_interval_ms: Milliseconds = Field(
        default=250, description="Time between two checkpoints of a log that has new entries."
    )
    promise_deadline_ms: Annotated[int, Field(ge=1000)] = Field(
        default=60_000, description="Time within which a promised leaf must stand in the log."
    )

    witness_interval_s: Seconds = Field(
        default=10.0, description="Least time between two checkpoints of the reply log that witnesses are asked for."
    )
    witness_addresses: str | None = Field(
        default=None,
        description="`NAME=URL, NAME=URL`: where witnesses of the root document are reached, instead of what it says.",
    )

    remote_connect_timeout_s: Seconds = Field(default=10.0, description="Longest wait to reach a remote model.")
    remote_idle_timeout_s: Seconds = Field(default=120.0, description="Longest silence of a remote model.")
    remote_retries: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2, description="Retries on connect errors, 429 and 503; never after the first token."
    )

    gates_environment: Path | None = Field(
        default=None, description="Environment that has the evaluation engine; the one of `make gates` when not set."
    )
    gates_connections: Annotated[int, Field(ge=1, le=64)] = Field(
        default=2, description="Turns that a gate asks side by side; they wait for the same slots as people do."
    )

    notify_webhook: SecretStr | None = Field(
        default=None,
        description="Address that alarms and moves are posted to: `https://…`, or `http://` on this machine.",
    )
    notify_webhook_secret: SecretStr | None = Field(
        default=None, description="Shared with the receiver, who checks `Verax-Signature` with it."
    )
    notify_mail: str | None = Field(
        default=None, description="Mail addresses that alarms and moves are sent to, parted by commas."
    )
    notify_mail_from: str | None = Field(
        default=None, description="Sender of these mails; the first receiver when not set."
    )
    notify_smtp: SecretStr | None = Field(
        default=None, description="`smtps://USER:PASSWORD@HOST`, or `smtp://` for a server that turns TLS on."
    )

    gates_judge_url: str | None = Field(
        default=None, description="OpenAI-compatible address, `/v1` included, of a model that judges replies in gates."
    )
    gates_judge_model: str = Field(default="", description="Name of that model.")
    gates_judge_key: str = Field(default="", description="Name of the stored model key that it is asked with.")

    check_judge_kind: Literal["openai", "minicheck", "hhem"] = Field(
        default="openai",
        description="What judges in `verax check` and `/v1/check`: a model behind `check_judge_url`, or MiniCheck or "
        "HHEM from `check_judge_folder`.",
    )
    check_judge_folder: Path | None = Field(
        default=None, description="Files of MiniCheck or HHEM as they were published; nothing is downloaded."
    )
    check_judge_environment: Path | None = Field(
        default=None,
        description="Environment that has the extra `judges`; the one of `make judges` when not set.",
    )
    check_judge_url: str | None = Field(
        default=None,
        description="OpenAI-compatible address, `/v1` included, of a model that judges in `verax check` and "
        "`/v1/check`; the verifier that ships when not set. Answers of turns are judged by the one that ships, always.",
    )
    check_judge_model: str = Field(default="", description="Name of that model.")
    check_judge_key: str = Field(default="", description="Name of the stored model key that it is asked with.")

    session_hours: Count = Field(default=720, description="Life of a browser session, in hours.")
    metrics_auth: Literal["key", "none"] = Field(
        default="none", description="`key`: `/metrics` needs a key of an operator or auditor; `none`: open."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important line that the server writes to its log file."
    )

    @field_validator("home", "keyring", "weights", "gates_environment", "check_judge_folder", "check_judge_environment")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value if value is None else value.expanduser().resolve()

    @field_validator("rate_per_minute", "threads", mode="before")
    @classmethod
    def _none_word(cls, value: object) -> object:
        return None if value == "none" else value

    @field_validator("public_url", "url", "gates_judge_url", "web_search_url", "check_judge_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("expected an address that starts with http:// or https://")
        if parts.username or parts.password:
            raise ValueError("expected an address without a password in it")
        return value.rstrip("/")

    @field_validator("web_ports")
    @classmethod
    def _ports(cls, value: str) -> str:
        texts = [text.strip() for text in value.split(",")]
        if not all(text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535 for text in texts):
            raise ValueError("expected ports parted by commas, such as 80, 443")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("postgresql", "postgres"):
            raise ValueError("expected a postgresql:// address")
        return value

    @field_validator("notify_webhook")
    @classmethod
    def _webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return None
        parts = urlsplit(value.get_secret_value())
        is_private = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        if not is_private or not parts.hostname or parts.username or parts.password:
            raise ValueError("expected https://…, or http:// on this machine, without a password in it")
        return value

    @field_validator("notify_smtp")
    @classmethod
    def _smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
                raise ValueError("expected smtps://USER:PASSWORD@HOST or smtp://…")
        return value

    @field_validator("notify_mail", "notify_mail_from")
    @classmethod
    def _mail(cls, value: str | None) -> str | None:
        for address in (value or "").split(",") if value else ():
            if not _MAIL_ADDRESS.fullmatch(address.strip()):
                raise ValueError("expected mail addresses parted by commas")
        return value

    @field_validator("witness_addresses")
    @classmethod
    def _witnesses(cls, value: str | None) -> str | None:
        for item in _named_addresses(value):
            if not item.name or urlsplit(item.url).scheme not in ("http", "https") or not urlsplit(item.url).hostname:
                raise ValueError("expected NAME=URL, NAME=URL with addresses that start with http:// or https://")
        return value

    @model_validator(mode="after")
    def _closed_by_default(self) -> Config:
        if not is_loopback(self.host) and not self.unsafe_public_bind:
            raise ValueError(
                f"host {self.host!r} can be reached from other machines: put a proxy with TLS in front of "
                "localhost, or set unsafe_public_bind"
            )
        if (self.notify_mail is None) != (self.notify_smtp is None):
            raise ValueError("notify_mail and notify_smtp go together: whom to write to, and by which server")
        if self.web_search == "searxng" and self.web_search_url is None:
            raise ValueError("web_search is searxng, which has no hosted address: set web_search_url")
        if self.keyring == self.home or self.home in self.keyring.parents:
            raise ValueError("keyring lies inside home: people's keys must not lie in the server's data folder")
        return self

    @property
    def mail_receivers(self) -> tuple[str, ...]:
        """Who gets notices by mail; nobody where no mail server is set."""
        if self.notify_smtp is None or self.notify_mail is None:
            return ()
        return tuple(address.strip() for address in self.notify_mail.split(","))

    @property
    def fetched_ports(self) -> frozenset[int]:
        """`web_ports` as numbers."""
        return frozenset(int(text) for text in self.web_ports.split(","))

    @property
    def base_url(self) -> str:
        """Where this machine's server is reached, without a slash at the end.

        Says ``localhost`` for any loopback host: passkeys do not work on bare addresses.
        """
        if self.public_url:
            return self.public_url
        host = "localhost" if is_loopback(self.host) or self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def client_url(self) -> str:
        """The server that the command line talks to."""
        return self.url or f"http://{'localhost' if is_loopback(self.host) else self.host}:{self.port}"

    @property
    def witness_urls(self) -> dict[str, str]:
        """`witness_addresses`, by the witness's name."""
        return {item.name: item.url for item in _named_addresses(self.witness_addresses)}

    @property
    def embedded_threads(self) -> int:
        """Threads for the embedded model: with as many threads as cores any other load stalls them all."""
        return self.threads or max(1, (os.cpu_count() or 2) - 1)


@dataclass(frozen=True, slots=True)
class Setting:
    """One value and where it came from, ready to be shown: secrets are masked."""

    name: str
    value: str | int | float | bool | None
    source: str


@dataclass(frozen=True, slots=True)
class LoadedConfig:
    """The configuration and the source of each value."""

    config: Config
    sources: Mapping[str, str]

    def settings(self) -> list[Setting]:
        """Return every value in the order of the model, secrets masked."""
        return settings_of(self.config, self.sources)


def settings_of(config: Config, sources: Mapping[str, str] | None = None) -> list[Setting]:
    """Return every value in the order of the model, secrets masked; its source is empty where it is not known."""
    known = sources or {}
    return [Setting(name, _shown(getattr(config, name)), known.get(name, "")) for name in Config.model_fields]


def load_config(flags: Mapping[str, object] | None = None, *, environ: Mapping[str, str]) -> LoadedConfig:
    """Build the configuration.

    Args:
        flags: Values given on the command line, by field name; None means not given.
        environ: The process environment; handed in so that nothing else reads it.

    Raises:
        ConfigError: an unknown or malformed setting; the message names where it stands.
    """
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    layers = [_flag_layer(flags or {}), _environment_layer(environ)]
    _merge(layers, values, sources)
    values.setdefault("home", default_home(environ))
    _merge([_file_layer(Path(str(values["home"])).expanduser() / CONFIG_FILE)], values, sources)
    values.setdefault("keyring", _default_keyring(environ))
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise _explain(error, sources) from None
    return LoadedConfig(config, {name: sources.get(name, "default") for name in Config.model_fields})


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach a server on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def mask_url(url: str) -> str:
    """Return `url` with its password masked."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", f":{_MASK}@")))


_Layer = list[tuple[str, object, str]]


def _merge(layers: list[_Layer], values: dict[str, object], sources: dict[str, str]) -> None:
    """Add what earlier layers did not set; the first layer that names a setting wins."""
    for layer in layers:
        for name, value, source in layer:
            if name not in values:
                values[name] = value
                sources[name] = source


def _flag_layer(flags: Mapping[str, object]) -> _Layer:
    given: _Layer = []
    for name, value in flags.items():
        if name not in Config.model_fields:
            raise _unknown(f"command line: unknown setting {name!r}", name, list(Config.model_fields))
        if value is not None:
            given.append((name, value, "flag"))
    return given


def _environment_layer(environ: Mapping[str, str]) -> _Layer:
    known = {ENVIRONMENT_PREFIX + name.upper(): name for name in Config.model_fields}
    given: _Layer = []
    for variable in sorted(environ):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(LAUNCHER_PREFIX):
            continue
        if variable not in known:
            raise _unknown(f"environment: unknown variable {variable}", variable, list(known))
        if environ[variable] != "":
            given.append((known[variable], environ[variable], variable))
    return given


def _file_layer(path: Path) -> _Layer:
    try:
        data = read_regular(path)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint="mend its permissions") from None
    try:
        values: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}", hint="mend the line that the message names") from None
    allowed = [name for name in Config.model_fields if name != "home"]
    for name in values:
        if name == "home":
            raise ConfigError(
                f"{path}: home cannot be set in a file that lies in it",
                hint="set VERAX_HOME, or give --home",
            )
        if name not in allowed:
            raise _unknown(f"{path}: unknown setting {name!r}", name, allowed)
    return [(name, value, str(path)) for name, value in values.items()]


@dataclass(frozen=True, slots=True)
class _NamedAddress:
    name: str
    url: str


def _named_addresses(text: str | None) -> list[_NamedAddress]:
    parts = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    return [_NamedAddress(name.strip(), url.strip()) for name, _, url in parts]


def _unknown(message: str, name: str, known: list[str]) -> ConfigError:
    import difflib  # only errors need it, and every command line loads this module

    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}?" if close else '"verax config show" lists every setting'
    return ConfigError(message, hint=hint, code="config/unknown-key")


def _explain(error: ValidationError, sources: Mapping[str, str]) -> ConfigError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    reason = first["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    if not name:
        return ConfigError(f"configuration: {reason}", hint='"verax config show" lists every setting')
    where = sources.get(name, "default")
    place = {"flag": "the flag", "default": f"the setting {name}"}.get(where, where)
    return ConfigError(f"setting {name} (from {where}): {reason}", hint=f"mend {place}")


def _shown(value: object) -> str | int | float | bool | None:
    if isinstance(value, SecretStr):
        return _MASK
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, str):
        return mask_url(value) if "://" in value else value
    return value if isinstance(value, (int, float)) else None


def default_home(environ: Mapping[str, str]) -> Path:
    return base_folder(environ, "XDG_DATA_HOME", (".local", "share")) / "verax"


def _default_keyring(environ: Mapping[str, str]) -> Path:
    return base_folder(environ, "XDG_CONFIG_HOME", (".config",)) / "verax"


def base_folder(environ: Mapping[str, str], variable: str, fallback: tuple[str, ...]) -> Path:
    """Return a base folder of the XDG specification; a relative path in the variable is ignored, as it asks."""
    given = environ.get(variable, "")
    if Path(given).is_absolute():
        return Path(given)
    return Path(environ.get("HOME") or Path.home()).joinpath(*fallback)
