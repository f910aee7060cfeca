"""`scripts/weaviate-role` against a real server: enough for a loader, and no more.

The server is one of these tests' own: it needs roles switched on.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ingest import wiring
from ingest.decision import RESUMED
from ingest.esco_classes import CLASS_STEPS
from ingest.rights import CLASSES, lacking, needed, pipeline_of
from ingest.settings import Settings
from ingest.wiring import IngestOptions
from ingest.wiring.opening import opened_target
from journal import read_history
from journal.codec import event_id
from journal.errors import StoreRefused
from journal.stores import open_store
from tests.cli.conftest import VARITY, environment
from tests.security.conftest import KEYS, Asked
from tests.server import Weaviate, WeaviateServer

SCRIPT = Path(__file__).parents[2] / "scripts" / "weaviate-role"
EVENTS = "/objects/Metadata"


def weaviate_role(
    url: str, *arguments: str, key: str = KEYS["root"]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), url, *arguments],
        env={"PATH": os.environ["PATH"], "WEAVIATE_ADMIN_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def settings(guarded_weaviate: WeaviateServer, root: Asked) -> Settings:
    """The loader's settings, on a server where it has the role and nothing is loaded."""
    for found in root("GET", "/schema").json()["classes"]:
        root("DELETE", f"/schema/{found['class']}")
    made = weaviate_role(guarded_weaviate.url, "--user", "loader")
    assert made.returncode == 0, made.stderr
    return Settings(
        store=guarded_weaviate.url,
        grpc_port=guarded_weaviate.grpc_port,
        api_key=KEYS["loader"],
        embedder="hashing",
    )


def test_the_role_names_the_classes_that_are_loaded() -> None:
    assert tuple(name for _, name in CLASS_STEPS) == CLASSES


@pytest.mark.parametrize("prefix", ["", "Test1"])
def test_the_role_is_that_of_the_prefix_s_own_pipeline(prefix: str) -> None:
    assert pipeline_of(prefix) == Settings(prefix=prefix).pipeline
    assert lacking(prefix, needed(prefix)) == []
    other = "" if prefix else "Test1"
    assert (
        len(lacking(other, needed(prefix))) == len(lacking(other, [])) - 4
    )  # `Metadata` is shared


def test_nothing_of_the_role_removes_an_event_or_touches_the_class_of_events() -> None:
    on_events = {
        entry["action"]
        for entry in needed("")
        if (entry.get("collections") or entry.get("data") or {}).get("collection") == "Metadata"
    }
    assert on_events == {"create_collections", "read_collections", "create_data", "read_data"}
    assert not [e for e in needed("") if e["action"] in ("delete_data", "update_collections")]


# --- what it suffices for -----------------------------------------------------------------------


@pytest.mark.weaviate
async def test_a_load_and_every_look_at_it_work_under_the_role(
    settings: Settings,
) -> None:
    loaded = await wiring.ingest(settings, IngestOptions())
    assert loaded.state.status == "completed"
    assert (await wiring.read_status(settings)).status == "completed"
    assert len(await wiring.read_runs(settings)) == 1
    assert (await wiring.validate(settings, None, False)).valid
    assert await wiring.search(settings, "repairing", "Skill", 3)
    diagnosis = await wiring.diagnose(settings, {"store": "a test"})
    assert [
        (found.check, found.verdict) for found in diagnosis.findings if found.verdict != "ok"
    ] == [("shards", "warning")]  # the role is for loading, not for operating the server
    async with opened_target(settings) as target:
        assert await target.incarnation() != ""
    dropped = await wiring.reset(settings, journal=False, wait_seconds=0)
    assert sorted(dropped) == sorted(CLASSES)


@pytest.mark.weaviate
async def test_a_killed_load_is_taken_over_under_the_role(
    settings: Settings, tmp_path: Path
) -> None:
    big = str(tmp_path / "big.zip")
    subprocess.run([*VARITY, "sample", big, "--concepts", "1000"], env=environment(), check=True)
    load = subprocess.Popen(
        [*VARITY, "ingest", big],
        env=environment(
            WEAVIATE_URL=settings.store,
            WEAVIATE_GRPC_PORT=str(settings.grpc_port),
            WEAVIATE_API_KEY=KEYS["loader"],
            VARITY_EMBEDDER="hashing",
        ),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert load.stderr is not None
    assert any(b"done: skill_groups" in line for line in load.stderr)
    load.send_signal(signal.SIGKILL)
    load.communicate(timeout=60)
    resumed = await wiring.ingest(settings, IngestOptions(data=big, wait_seconds=60))
    assert resumed.outcome == RESUMED
    assert resumed.state.status == "completed"
    assert resumed.state.attempt == 2


@pytest.mark.weaviate
async def test_removing_events_is_not_covered(
    settings: Settings,
) -> None:
    await wiring.ingest(settings, IngestOptions())
    with pytest.raises(StoreRefused, match="lacks the right"):
        await wiring.reset(settings, journal=True, wait_seconds=0)
    async with open_store(settings.store, api_key=settings.api_key) as store:
        events, _ = await read_history(store, "esco")
    assert events != []


# --- what it does not allow ---------------------------------------------------------------------


@pytest.mark.weaviate
async def test_events_are_immutable_by_the_server_s_own_word(
    settings: Settings, root: Asked, loader: Asked
) -> None:
    await wiring.ingest(settings, IngestOptions())
    event = str(event_id("esco", 1, 1))
    before = root("GET", f"{EVENTS}/{event}").json()
    forged = {"class": "Metadata", "id": event, "properties": {"status": "failed"}}
    where = {"path": ["pipeline"], "operator": "Equal", "valueText": "esco"}
    mutable = {**root("GET", "/schema/Metadata").json(), "description": "mine"}
    attempts: list[tuple[str, str, Any]] = [
        ("PUT", f"{EVENTS}/{event}", forged),
        ("PATCH", f"{EVENTS}/{event}", forged),
        ("DELETE", f"{EVENTS}/{event}", None),
        ("POST", "/batch/objects", {"objects": [forged]}),
        ("DELETE", "/batch/objects", {"match": {"class": "Metadata", "where": where}}),
        ("DELETE", "/schema/Metadata", None),
        ("PUT", "/schema/Metadata", mutable),
        ("POST", "/schema/Metadata/properties", {"name": "mine", "dataType": ["text"]}),
        ("POST", "/aliases", {"alias": "Mine", "class": "Metadata"}),
    ]
    said = {f"{method} {path}": loader(method, path, body) for method, path, body in attempts}
    assert {name: answer.status_code for name, answer in said.items()} == dict.fromkeys(said, 403)
    assert root("GET", f"{EVENTS}/{event}").json() == before
    taken = loader("POST", "/objects", forged)
    assert taken.status_code == 422  # creating is allowed, replacing is not
    assert root("GET", f"{EVENTS}/{event}").json() == before


@pytest.mark.weaviate
def test_what_belongs_to_others_can_not_even_be_seen(
    settings: Settings, root: Asked, loader: Asked
) -> None:
    theirs = {"class": "Payroll", "vectorizer": "none"}
    row = {"class": "Payroll", "id": str(event_id("x", 1, 1)), "properties": {"pay": "much"}}
    assert root("POST", "/schema", theirs).status_code == 200
    assert root("POST", "/objects", row).status_code == 200
    place = f"/objects/Payroll/{row['id']}"
    attempts: list[tuple[str, str, Any]] = [
        ("GET", place, None),
        ("GET", "/objects?class=Payroll", None),
        ("PUT", place, row),
        ("DELETE", place, None),
        ("POST", "/objects", {**row, "id": str(event_id("x", 1, 2))}),
        ("POST", "/batch/objects", {"objects": [row]}),
        ("GET", "/schema/Payroll", None),
        ("DELETE", "/schema/Payroll", None),
        ("POST", "/schema", {"class": "Another", "vectorizer": "none"}),
        ("POST", "/schema", {"class": "VarityLease_other_1", "vectorizer": "none"}),
        ("POST", "/authz/roles", {"name": "mine", "permissions": needed("")}),
        ("POST", "/authz/users/loader/assign", {"roles": ["admin"], "userType": "db"}),
    ]
    said = {
        f"{number} {method} {path}": loader(method, path, body).status_code
        for number, (method, path, body) in enumerate(attempts)
    }
    assert said == dict.fromkeys(said, 403)
    assert [found["class"] for found in loader("GET", "/schema").json()["classes"]] == []
    assert "much" not in loader("POST", "/graphql", {"query": "{Get{Payroll{pay}}}"}).text
    assert root("GET", place).json()["properties"] == {"pay": "much"}


# --- the script ---------------------------------------------------------------------------------


@pytest.mark.weaviate
def test_the_script_says_what_it_granted_and_mends_a_role(
    guarded_weaviate: Weaviate, root: Asked
) -> None:
    first = weaviate_role(guarded_weaviate.url, "--role", "mending")
    assert first.returncode == 0
    lines = first.stdout.splitlines()
    assert lines[0] == "role mending"
    assert "  Metadata: create_collections, read_collections, create_data, read_data" in lines
    lost = {"action": "create_data", "data": {"collection": "Metadata"}}
    excess = {"action": "delete_data", "data": {"collection": "Metadata"}}
    root("POST", "/authz/roles/mending/remove-permissions", {"permissions": [lost]})
    root("POST", "/authz/roles/mending/add-permissions", {"permissions": [excess]})
    again = weaviate_role(guarded_weaviate.url, "--role", "mending")
    assert (again.returncode, again.stdout) == (0, first.stdout)
    found = root("GET", "/authz/roles/mending").json()["permissions"]
    assert lacking("", found) == []
    assert not [entry for entry in found if entry["action"] == "delete_data"]


@pytest.mark.weaviate
def test_a_wrong_key_is_refused_without_repeating_it(guarded_weaviate: Weaviate) -> None:
    said = weaviate_role(guarded_weaviate.url, key="canary-wrong")
    assert said.returncode == 1
    assert "HTTP 401" in said.stderr
    assert "canary-wrong" not in said.stdout + said.stderr


def test_the_admin_s_key_does_not_travel_unencrypted_to_strangers() -> None:
    said = weaviate_role("http://weaviate.example:8080")
    assert said.returncode == 1
    assert "unencrypted" in said.stderr
