"""What the compose file, the image and the script promise, read from the files themselves."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.wiring import VERSION

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OURS = ("varity-init", "varity-search", "varity-init-light", "varity-search-light")
INITS = ("varity-init", "varity-init-light")
SEARCHES = ("varity-search", "varity-search-light")
LOADED = "service_completed_successfully"


def test_the_default_has_four_services_and_the_profile_light_three() -> None:
    def active(profile: str) -> set[str]:
        return {
            name
            for name, service in SERVICES.items()
            if "profiles" not in service or profile in service["profiles"]
        }

    assert active("") == {"weaviate", "t2v-transformers", "varity-init", "varity-search"}
    assert active("light") == {"weaviate", "varity-init-light", "varity-search-light"}


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_and_write_nowhere(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert not service["user"].startswith("0")


@pytest.mark.parametrize("name", INITS)
def test_an_init_scales_is_never_asked_and_never_started_again(name: str) -> None:
    service = SERVICES[name]
    assert "container_name" not in service
    assert "ports" not in service
    assert service["restart"] == "no"
    assert service["environment"]["DOCKER_ENV"] == "true"
    assert service["environment"]["NON_INTERACTIVE"] == "true"
    assert service["volumes"] == ["./data:/data:ro", "./logs:/logs"]


@pytest.mark.parametrize(("search", "init"), list(zip(SEARCHES, INITS, strict=True)))
def test_a_search_starts_only_after_its_own_init_has_loaded(search: str, init: str) -> None:
    service = SERVICES[search]
    assert service["depends_on"][init] == {"condition": LOADED}
    assert service["restart"] == "unless-stopped"
    assert "/ready" in str(service["healthcheck"]["test"])


@pytest.mark.parametrize("name", OURS)
def test_whoever_loads_or_searches_waits_for_what_it_needs(name: str) -> None:
    needed = {"weaviate"} if name.endswith("-light") else {"weaviate", "t2v-transformers"}
    waits = SERVICES[name]["depends_on"]
    healthy = {one for one, wait in waits.items() if wait["condition"] == "service_healthy"}
    assert healthy == needed
    assert all("test" in SERVICES[one]["healthcheck"] for one in needed)


def test_every_port_is_bound_to_loopback_and_every_image_has_a_version() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)
    for service in SERVICES.values():
        assert re.fullmatch(r"[a-z/-]+:[\w.-]*\d[\w.-]*", service["image"])


def test_weaviate_lets_nobody_in_without_the_key_that_all_others_are_given() -> None:
    given = SERVICES["weaviate"]["environment"]
    assert given["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == "false"
    keys = {SERVICES[name]["environment"]["WEAVIATE_API_KEY"] for name in OURS}
    assert keys == {given["AUTHENTICATION_APIKEY_ALLOWED_KEYS"]}


def test_every_variable_of_the_compose_file_is_explained_and_has_its_default_there() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", text))
    assert set(re.findall(r"\$\{(\w+)", text)) == set(used)  # each has a default: no warning
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert dict(re.findall(r"^#?(\w+)=(.*)$", example, flags=re.M)) == used


def test_the_image_is_that_of_this_version() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {f"varity-journal:{VERSION}"}
    assert f'org.opencontainers.image.version="{VERSION}"' in DOCKERFILE
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == VERSION


def test_the_image_is_no_root_and_names_no_index() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, flags=re.M) == ["1000:1000"]
    assert re.search(r"https?://(?!127\.0\.0\.1)", DOCKERFILE) is None
    assert "--require-hashes" in DOCKERFILE
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.M)) == {"python:3.12-slim"}


def test_the_wheel_is_built_by_locked_packages() -> None:
    """Those that the Dockerfile takes from the lock are there; the drill builds with them."""
    wanted = re.search(r"wanted = /\^\(([\w|-]+)\)==/", DOCKERFILE)
    assert wanted is not None
    lock = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, flags=re.M))
    assert set(wanted[1].split("|")) <= locked


def test_what_is_sent_to_the_engine_is_what_the_image_is_made_of() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if not line.startswith("#")]
    assert rules[0] == "*"
    taken = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(?:--\S+ )?(.+) \S+$", DOCKERFILE, flags=re.M)
    assert taken == {path for words in copied for path in words.split()}


def test_the_script_hands_over_to_init_with_its_exit_code(tmp_path: Path) -> None:
    stub = tmp_path / "varity-journal"
    stub.write_text('#!/bin/sh\necho "$0" "$#" "$@"\nexit 75\n')
    stub.chmod(0o755)
    done = subprocess.run(
        [ROOT / "scripts" / "init_ingestion.sh", "--wait", "a b"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 75
    assert done.stdout.split(None, 1)[1] == "3 init --wait a b\n"
