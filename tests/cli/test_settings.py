"""Where settings come from, which source wins, and what is refused."""

from pathlib import Path

import pytest

from ingest.records import InputError
from ingest.settings import Settings, SettingValue, is_unattended, settings_from
from ingest.settings_file import settings_in

YAML = """
store: http://localhost:8080
wait: 60
profiles:
  big:
    store: https://weaviate.example
    max_rejected: 10
"""


def no_file(path: Path) -> str:
    raise FileNotFoundError(path)


def settle(
    environ: dict[str, str] | None = None,
    from_file: dict[str, SettingValue] | None = None,
    **flags: SettingValue | None,
) -> Settings:
    return settings_from(flags, environ or {}, from_file or {}, read_text=no_file)


def test_defaults_need_nothing_to_be_set_up() -> None:
    assert settle() == Settings(
        store="sqlite:///varity.db",
        embedder="local",
        data=None,
        language="en",
        prefix="",
        wait_seconds=0.0,
        max_rejected=0,
        ttl_seconds=30.0,
        window=None,
        grpc_port=50051,
        t2v_url=None,
        allow_plain_http=False,
        api_key=None,
    )


def test_a_flag_wins_over_the_environment_and_that_over_the_file() -> None:
    environ, file = {"VARITY_STORE": "sqlite:///e.db"}, {"store": "sqlite:///f.db"}
    assert settle(environ, {**file}, store="sqlite:///flag.db").store == "sqlite:///flag.db"
    assert settle(environ, {**file}, store=None).store == "sqlite:///e.db"
    assert settle({}, {**file}).store == "sqlite:///f.db"


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("VARITY_STORE", "sqlite:///x.db", "store", "sqlite:///x.db"),
        ("WEAVIATE_URL", "http://localhost:1", "store", "http://localhost:1"),
        ("VARITY_EMBEDDER", "hashing", "embedder", "hashing"),
        ("VARITY_DATA", "esco.zip", "data", "esco.zip"),
        ("VARITY_LANGUAGE", "de", "language", "de"),
        ("VARITY_PREFIX", "Test1", "prefix", "Test1"),
        ("VARITY_WAIT", "2.5", "wait_seconds", 2.5),
        ("VARITY_MAX_REJECTED", "7", "max_rejected", 7),
        ("VARITY_LEASE_TTL", "6", "ttl_seconds", 6.0),
        ("VARITY_WINDOW", "64", "window", 64),
        ("WEAVIATE_GRPC_PORT", "50052", "grpc_port", 50052),
        ("VARITY_T2V_URL", "http://localhost:2", "t2v_url", "http://localhost:2"),
        ("VARITY_ALLOW_PLAIN_HTTP", "true", "allow_plain_http", True),
        ("WEAVIATE_API_KEY", "secret\n", "api_key", "secret"),
    ],
)
def test_reads_each_environment_variable(
    variable: str, text: str, name: str, value: object
) -> None:
    assert getattr(settle({variable: text}), name) == value


def test_varity_store_wins_over_weaviate_url() -> None:
    environ = {"WEAVIATE_URL": "http://localhost:1", "VARITY_STORE": "sqlite:///x.db"}
    assert settle(environ).store == "sqlite:///x.db"


def test_an_empty_variable_counts_as_none() -> None:
    assert settle({"VARITY_STORE": "", "VARITY_WAIT": ""}) == Settings()


def test_reads_the_api_key_from_the_file_that_a_variable_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n")
    environ = {"WEAVIATE_API_KEY_FILE": str(tmp_path / "key")}
    settings = settings_from({}, environ, {}, read_text=lambda path: path.read_text())
    assert settings.api_key == "from-file"


def test_the_representation_does_not_hold_the_key() -> None:
    assert "hunter2" not in repr(settle({"WEAVIATE_API_KEY": "hunter2"}))


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"VARITY_WAIT": "soon"}, "VARITY_WAIT must be a number, not 'soon'"),
        ({"VARITY_WINDOW": "1.5"}, "VARITY_WINDOW must be a whole number, not '1.5'"),
        ({"VARITY_WAIT": "inf"}, "wait must be 0 or more, not inf"),
        ({"VARITY_WAIT": "nan"}, "wait must be 0 or more, not nan"),
        ({"VARITY_MAX_REJECTED": "-1"}, "max_rejected must be 0 or more, not -1"),
        ({"VARITY_WINDOW": "0"}, "window must be 1 or more, not 0"),
        ({"WEAVIATE_GRPC_PORT": "70000"}, "grpc_port must be 65535 or less, not 70000"),
        ({"VARITY_ALLOW_PLAIN_HTTP": "maybe"}, "VARITY_ALLOW_PLAIN_HTTP must be true or false"),
        ({"VARITY_PREFIX": "test"}, "prefix 'test' can not begin a class name"),
        ({"VARITY_PREFIX": "Te_st"}, "prefix 'Te_st' can not begin a class name"),
        ({"VARITY_PREFIX": "TeSt"}, "prefix 'TeSt' can not begin a class name"),
        ({"VARITY_LANGUAGE": "../en"}, "language '../en' is no code"),
        ({"WEAVIATE_API_KEY_FILE": "/nowhere"}, "/nowhere can not be read"),
        ({"VARITY_STORE": "http://[::1"}, "the store's URL can not be read"),
    ],
)
def test_refuses_what_can_not_be_used_and_names_it(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        settle(environ)
    assert sentence in str(refused.value)


def test_refuses_credentials_in_the_url_without_repeating_them() -> None:
    with pytest.raises(InputError) as refused:
        settle(store="https://user:hunter2@weaviate.example")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost",
        "127.0.0.1",
        "127.8.9.10",
        "[::1]",
        "weaviate",
        "weaviate-1",
        "my_service",
        "7up",
    ],
)
def test_an_api_key_travels_unencrypted_to_this_machine_or_a_compose_service(host: str) -> None:
    environ = {"WEAVIATE_API_KEY": "k", "VARITY_STORE": f"http://{host}:8080"}
    assert settle(environ).api_key == "k"


@pytest.mark.parametrize(
    "host",
    [
        "weaviate.example",
        "weaviate.",
        "localhost.evil.example",
        "192.168.0.10",
        "126.255.255.255",
        "128.0.0.1",
        "127.1",
        "127.0.0.1.evil.example",
        "2130706433",
        "0x7f000001",
        "0X8080808",
        "017700000001",
        "[2001:db8::1]",
        "[::]",
        "[::1%25eth0]",
        "[fe80::1]",
        "weaviate\u3002example",
        "weaviate%2eexample",
    ],
)
def test_an_api_key_travels_unencrypted_nowhere_else_unless_that_is_allowed(host: str) -> None:
    environ = {"WEAVIATE_API_KEY": "k", "VARITY_STORE": f"http://{host}:8080"}
    with pytest.raises(InputError, match="unencrypted; use https://, or set VARITY_ALLOW_PLAIN"):
        settle(environ)
    assert settle({**environ, "VARITY_ALLOW_PLAIN_HTTP": "true"}).api_key == "k"


def test_an_api_key_travels_encrypted_to_any_host() -> None:
    environ = {"WEAVIATE_API_KEY": "k", "VARITY_STORE": "https://weaviate.example"}
    assert settle(environ).api_key == "k"


def test_without_an_api_key_plain_http_goes_to_any_host() -> None:
    assert settle(store="http://weaviate.example:8080").api_key is None


@pytest.mark.parametrize(
    "url", ["http://user:hunter2@t2v:8080", "http://t2v/?key=hunter2", "http://t2v/#hunter2"]
)
def test_the_address_of_the_embedder_holds_no_credentials(url: str) -> None:
    with pytest.raises(InputError, match="VARITY_T2V_URL holds more than an address") as refused:
        settle({"VARITY_T2V_URL": url})
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("prefix", "pipeline"), [("", "esco"), ("Test1", "escotest1")])
def test_each_prefix_has_a_pipeline_of_its_own(prefix: str, pipeline: str) -> None:
    assert settle(prefix=prefix).pipeline == pipeline


@pytest.mark.parametrize(
    ("environ", "unattended"),
    [
        ({}, False),
        ({"DOCKER_ENV": "true"}, True),
        ({"NON_INTERACTIVE": "TRUE"}, True),
        ({"NON_INTERACTIVE": "false"}, False),
    ],
)
def test_the_environment_can_say_that_nobody_is_there(
    environ: dict[str, str], unattended: bool
) -> None:
    assert is_unattended(environ) is unattended


# --- the file -----------------------------------------------------------------------------------


def test_a_profile_overrides_the_top_of_the_file() -> None:
    assert settings_in(YAML, file="v.yaml", profile=None) == {
        "store": "http://localhost:8080",
        "wait_seconds": 60.0,
    }
    assert settings_in(YAML, file="v.yaml", profile="big") == {
        "store": "https://weaviate.example",
        "wait_seconds": 60.0,
        "max_rejected": 10,
    }


def test_an_empty_file_says_nothing() -> None:
    assert settings_in("", file="v.yaml", profile=None) == {}


@pytest.mark.parametrize(
    ("text", "profile", "sentence"),
    [
        ("stroe: x", None, "v.yaml: 'stroe' is no setting"),
        ("wait: soon", None, "v.yaml: wait must be a number, not str"),
        ("max_rejected: true", None, "v.yaml: max_rejected must be a whole number, not bool"),
        ("wait: true", None, "v.yaml: wait must be a number, not bool"),
        ("language: no", None, "v.yaml: language must be text (in quotes), not bool"),
        ("wait: 1\nwait: 2", None, "v.yaml: line 2: wait stands there twice"),
        ("wait: 1", "big", "v.yaml: there is no profile 'big'; it has: none"),
        (YAML, "small", "v.yaml: there is no profile 'small'; it has: big"),
        ("api_key: x", None, "v.yaml: api_key does not belong into a file"),
        ("profiles: {big: {API_KEY: x}}", None, "v.yaml: profile big: API_KEY does not belong"),
        ("profiles: {big: {wait: x}}", None, "v.yaml: profile big: wait must be a number"),
        ("profiles: [big]", None, "v.yaml: profiles must hold 'key: value' lines"),
        ("- store", None, "v.yaml must hold 'key: value' lines"),
        ("store: [", None, "v.yaml, line 1: no valid YAML"),
        ("store: !!python/object:os.system x", None, "v.yaml, line 1: no valid YAML"),
        ("[" * 5000, None, "v.yaml"),
    ],
)
def test_refuses_a_file_that_can_not_be_meant(
    text: str, profile: str | None, sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        settings_in(text, file="v.yaml", profile=profile)
    assert sentence in str(refused.value)


def test_a_refusal_does_not_repeat_the_secret() -> None:
    with pytest.raises(InputError) as refused:
        settings_in("api_key: hunter2", file="v.yaml", profile=None)
    assert "hunter2" not in str(refused.value)
