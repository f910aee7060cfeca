"""Every setting, where it may come from, and which source wins.

Pure: flags, environment and the text of the configuration file come in as values; the one
file that may have to be read, that of the API key, is read through a function handed in.
Knows nothing of commands or stores.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ingest.plain_http import may_carry_a_key
from ingest.records import InputError

DEFAULT_STORE = "sqlite:///varity.db"
API_KEY_VARIABLE = "WEAVIATE_API_KEY"
API_KEY_FILE_VARIABLE = "WEAVIATE_API_KEY_FILE"
CONFIG_VARIABLE = "VARITY_CONFIG"
PROFILE_VARIABLE = "VARITY_PROFILE"
# Any of these set to true, and nothing is ever asked.
UNATTENDED_VARIABLES = ("DOCKER_ENV", "NON_INTERACTIVE")

PREFIX = re.compile(r"[A-Z][a-z0-9]*")
HOST = re.compile(r"[^\s/?#@\\]+")
LONGEST_SHOWN = 40  # characters of a value that can not be used
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")

SettingValue = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a command runs with. `data`, `window` and `t2v_url` are None where nothing was said."""

    store: str = DEFAULT_STORE
    embedder: str = "local"
    data: str | None = None
    language: str = "en"
    prefix: str = ""
    wait_seconds: float = 0.0
    max_rejected: int = 0
    ttl_seconds: float = 30.0
    window: int | None = None
    grpc_port: int = 50051
    t2v_url: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    allow_plain_http: bool = False
    api_key: str | None = field(default=None, repr=False)

    @property
    def pipeline(self) -> str:
        """The pipeline's name; prefixes and pipelines are one-to-one."""
        return f"esco{self.prefix.lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One setting: its field, its key in the file, its environment variables, its type."""

    name: str
    key: str
    variables: tuple[str, ...]
    type: type[SettingValue]


SOURCES = (
    Source(name="store", key="store", variables=("VARITY_STORE", "WEAVIATE_URL"), type=str),
    Source(name="embedder", key="embedder", variables=("VARITY_EMBEDDER",), type=str),
    Source(name="data", key="data", variables=("VARITY_DATA",), type=str),
    Source(name="language", key="language", variables=("VARITY_LANGUAGE",), type=str),
    Source(name="prefix", key="prefix", variables=("VARITY_PREFIX",), type=str),
    Source(name="wait_seconds", key="wait", variables=("VARITY_WAIT",), type=float),
    Source(name="max_rejected", key="max_rejected", variables=("VARITY_MAX_REJECTED",), type=int),
    Source(name="ttl_seconds", key="lease_ttl", variables=("VARITY_LEASE_TTL",), type=float),
    Source(name="window", key="window", variables=("VARITY_WINDOW",), type=int),
    Source(name="grpc_port", key="grpc_port", variables=("WEAVIATE_GRPC_PORT",), type=int),
    Source(name="t2v_url", key="t2v_url", variables=("VARITY_T2V_URL",), type=str),
    Source(name="host", key="host", variables=("VARITY_HOST",), type=str),
    Source(name="port", key="port", variables=("VARITY_PORT",), type=int),
    Source(
        name="allow_plain_http",
        key="allow_plain_http",
        variables=("VARITY_ALLOW_PLAIN_HTTP",),
        type=bool,
    ),
)


def settings_from(
    flags: Mapping[str, SettingValue | None],
    environ: Mapping[str, str],
    from_file: Mapping[str, SettingValue],
    *,
    read_text: Callable[[Path], str],
) -> Settings:
    """Return the settings: a flag wins over the environment, that over the file.

    `flags` and `from_file` are by field name; a flag that is None was not given. An empty
    environment variable counts as none.

    Raises:
        InputError: a value is of the wrong type or out of range.
    """
    values: dict[str, SettingValue] = {**from_file, **_from_environment(environ)}
    values |= {name: value for name, value in flags.items() if value is not None}
    settings = Settings(**values, api_key=_api_key(environ, read_text))  # type: ignore[arg-type]
    _check(settings)
    return settings


def is_unattended(environ: Mapping[str, str]) -> bool:
    """Whether the environment says that nobody is there to be asked."""
    return any(environ.get(name, "").lower() in TRUE_WORDS for name in UNATTENDED_VARIABLES)


# --- the environment --------------------------------------------------------------------------

TRUE_WORDS = ("1", "true", "yes", "on")
FALSE_WORDS = ("0", "false", "no", "off")


def _from_environment(environ: Mapping[str, str]) -> dict[str, SettingValue]:
    values: dict[str, SettingValue] = {}
    for source in SOURCES:
        for variable in source.variables:
            if environ.get(variable):
                values[source.name] = _parsed(variable, environ[variable], source.type)
                break
    return values


def _parsed(variable: str, text: str, wanted: type[SettingValue]) -> SettingValue:
    if wanted is bool:
        if text.lower() not in (*TRUE_WORDS, *FALSE_WORDS):
            raise InputError(f"{variable} must be true or false, not {text!r}")
        return text.lower() in TRUE_WORDS
    try:
        return wanted(text)
    except ValueError as error:
        kind = "a whole number" if wanted is int else "a number"
        raise InputError(f"{variable} must be {kind}, not {_shortened(text)!r}") from error


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _api_key(environ: Mapping[str, str], read_text: Callable[[Path], str]) -> str | None:
    """Return the key; it never comes from a flag or the configuration file."""
    if environ.get(API_KEY_VARIABLE):
        return environ[API_KEY_VARIABLE].strip()
    file = environ.get(API_KEY_FILE_VARIABLE)
    if not file:
        return None
    try:
        key = read_text(Path(file)).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{API_KEY_FILE_VARIABLE}: {file} can not be read ({type(error).__name__}); name a"
            " file that holds the key and nothing else"
        ) from error
    if not key:
        raise InputError(f"{API_KEY_FILE_VARIABLE}: {file} is empty; put the key into it")
    return key


# --- what must hold ---------------------------------------------------------------------------


def _check(settings: Settings) -> None:
    """Raise one sentence about the first value that can not be used."""
    _check_names(settings)
    _check_numbers(settings)
    _check_store(settings)
    _check_t2v(settings)


def _check_names(settings: Settings) -> None:
    if settings.prefix and not PREFIX.fullmatch(settings.prefix):
        raise InputError(
            f"prefix {settings.prefix!r} can not begin a class name; write a capital letter and"
            " then small letters or digits, as in Test1"
        )
    if not LANGUAGE.fullmatch(settings.language):
        raise InputError(f"language {settings.language!r} is no code such as en or de")


def _check_numbers(settings: Settings) -> None:
    for name, value, least in (
        ("wait", settings.wait_seconds, 0),
        ("max_rejected", settings.max_rejected, 0),
        ("lease_ttl", settings.ttl_seconds, 1),
        ("window", settings.window if settings.window is not None else 1, 1),
        ("grpc_port", settings.grpc_port, 1),
        ("port", settings.port, 0),
    ):
        if not math.isfinite(value) or value < least:
            raise InputError(f"{name} must be {least} or more, not {value:g}")
    for name, port in (("grpc_port", settings.grpc_port), ("port", settings.port)):
        if port > 65535:
            raise InputError(f"{name} must be 65535 or less, not {port}")


def _check_t2v(settings: Settings) -> None:
    if any(mark in (settings.t2v_url or "") for mark in "@?#"):
        raise InputError(
            "VARITY_T2V_URL holds more than an address; write http(s)://HOST:PORT, without a key"
        )


def _check_store(settings: Settings) -> None:
    try:
        url = urlsplit(settings.store)
        host, has_credentials = url.hostname or "", "@" in url.netloc
    except ValueError as error:
        raise InputError("the store's URL can not be read; write http(s)://HOST:PORT") from error
    if has_credentials:
        raise InputError(
            f"the store's URL holds a user or password; leave them out and set {API_KEY_VARIABLE}"
        )
    if url.scheme in ("http", "https") and not HOST.fullmatch(host):
        raise InputError("the store's URL names no usable host; write http(s)://HOST:PORT")
    in_clear = url.scheme == "http" and not may_carry_a_key(host)
    if settings.api_key and in_clear and not settings.allow_plain_http:
        raise InputError(
            f"the API key would travel to {host or 'the store'} unencrypted; use https://, or set"
            " VARITY_ALLOW_PLAIN_HTTP=true if that network is trusted"
        )
