"""`doctor`: what it finds on a file, behind each kind of closed door, and how it ends."""

import re
import socket
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from ingest.doctor import server
from ingest.targets import weaviate_opening
from tests.cli.builders import history, started
from tests.cli.conftest import Fill, Said, Varity
from tests.cli.terminal import Terminal
from tests.server import Weaviate
from tests.serving import serving

KEY = "canary-4b1d"


def checks(said: Said) -> dict[str, dict[str, Any]]:
    """Return the findings of `doctor --json` by name."""
    return {found["check"]: found for found in said.document["checks"]}


def verdicts(said: Said) -> dict[str, str]:
    return {name: found["verdict"] for name, found in checks(said).items()}


@pytest.fixture(autouse=True)
def hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARITY_EMBEDDER", "hashing")


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FakeServer(BaseHTTPRequestHandler):
    """Answers as a server does that wants a key."""

    def do_GET(self) -> None:
        is_open = self.path.endswith("/live")
        self.send_response(200 if is_open else 401)
        self.end_headers()


@pytest.fixture
def guarded() -> Iterator[str]:
    with serving(FakeServer) as url:
        yield url


# --- a file -------------------------------------------------------------------------------------


def test_an_empty_folder_has_nothing_in_the_way_and_stays_empty(
    varity: Varity, tmp_path: Path
) -> None:
    said = varity("doctor", "--json")
    assert said.code == 0
    assert said.document["verdict"] == "ok"
    assert [found["check"] for found in said.document["checks"]] == [
        "store",
        "settings",
        "API key",
        "versions",
        "file",
        "disk",
        "journal",
        "lease",
        "embedder",
    ]
    assert checks(said)["file"]["seen"] == "varity.db is not there yet; a load makes it"
    assert checks(said)["embedder"]["seen"] == "hashing, 256 dimensions"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("file", ["/", "/dev/full", "/tmp"])
def test_a_store_that_is_no_plain_file_is_a_problem(file: str, varity: Varity) -> None:
    said = varity("doctor", "--json", "--store", f"sqlite:///{file}")
    assert said.code == 1
    assert checks(said)["file"]["seen"] == f"{file} is no plain file"
    assert verdicts(said)["disk"] in ("ok", "warning", "problem")


def test_an_input_whose_name_no_file_can_have_is_not_there(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARITY_DATA", "d" * 300)
    said = varity("doctor", "--json")
    assert verdicts(said)["input"] == "warning"
    assert checks(said)["input"]["seen"] == f"{'d' * 300} (VARITY_DATA) is not there"


def test_after_a_load_nothing_stands_in_the_way(varity: Varity) -> None:
    assert varity("ingest").code == 0
    said = varity("doctor", "--json")
    assert set(verdicts(said).values()) == {"ok"}
    assert "completed" in checks(said)["journal"]["seen"]
    assert checks(said)["lease"]["seen"] == "held by nobody"
    assert "mode wal" in checks(said)["file"]["seen"]


def test_each_setting_says_where_it_came_from(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("v.yaml").write_text("wait: 7\n")
    monkeypatch.setenv("VARITY_CONFIG", "v.yaml")
    found = checks(varity("doctor", "--json", "--store", "sqlite:///other.db"))
    assert found["store"]["seen"] == "sqlite:///other.db (--store)"
    assert (
        found["settings"]["seen"] == "embedder hashing (VARITY_EMBEDDER), wait_seconds 7.0 (v.yaml)"
    )


def test_the_key_is_said_to_be_set_and_never_shown(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEAVIATE_API_KEY")
    assert checks(varity("doctor", "--json"))["API key"]["seen"] == "none is set"
    monkeypatch.setenv("WEAVIATE_API_KEY", KEY)
    said = varity("doctor", "--json")
    assert checks(said)["API key"]["seen"] == "set (WEAVIATE_API_KEY), not used by this store"
    assert KEY not in said.out + said.err


def test_a_key_too_short_to_be_redacted_is_a_warning(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEAVIATE_API_KEY", "1234567")
    found = checks(varity("doctor", "--json"))["API key"]
    assert found["verdict"] == "warning"
    assert found["advice"] == "give the server one of 8 characters or more"


def test_a_missing_folder_is_a_problem_and_hides_nothing_else(varity: Varity) -> None:
    said = varity("doctor", "--json", "--store", "sqlite:///nowhere/varity.db")
    assert said.code == 1
    assert verdicts(said)["file"] == "problem"
    assert "is not there" in checks(said)["file"]["seen"]
    assert verdicts(said)["embedder"] == "ok"


def test_a_file_that_is_no_database_is_a_problem(varity: Varity) -> None:
    Path("varity.db").write_text("no database" * 100)
    said = varity("doctor", "--json")
    assert said.code == 1
    assert checks(said)["file"]["advice"] == "name another file"


def test_a_file_in_another_mode_is_a_warning(varity: Varity, fill: Fill) -> None:
    fill(history(started()))
    with sqlite3.connect("varity.db") as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    said = varity("doctor", "--json")
    assert verdicts(said)["file"] == "warning"


def test_an_owner_that_is_gone_is_named_with_the_way_on(varity: Varity, fill: Fill) -> None:
    fill(history(started()))
    lease = checks(varity("doctor", "--json"))["lease"]
    assert lease["verdict"] == "warning"
    assert lease["seen"].startswith("epoch 1, ")
    assert lease["seen"].endswith("that process is gone")
    assert lease["advice"] == "`varity-journal ingest` goes on with it"


def test_an_embedder_that_did_not_make_the_data_is_a_problem(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    varity("ingest")
    monkeypatch.setenv("VARITY_EMBEDDER", "local")
    said = varity("doctor", "--json")
    assert said.code == 1
    found = checks(said)["embedder"]
    assert found["seen"] == "local is not what the data were made by (hashing)"
    assert found["advice"].startswith("set it to hashing (--embedder)")


def test_an_input_that_is_not_there_is_a_warning(
    varity: Varity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARITY_DATA", "gone.zip")
    assert checks(varity("doctor", "--json"))["input"] == {
        "check": "input",
        "verdict": "warning",
        "seen": "gone.zip (VARITY_DATA) is not there",
        "advice": "name another folder or zip",
    }


# --- closed doors -------------------------------------------------------------------------------


def test_a_server_that_is_not_there_is_said_once(varity: Varity, closed_port: int) -> None:
    said = varity("doctor", "--json", "--store", f"http://127.0.0.1:{closed_port}")
    assert said.code == 69
    assert verdicts(said)["REST"] == "problem"
    assert "can not be reached" in checks(said)["REST"]["seen"]
    assert said.document["not_checked"] == [
        *("access", "server", "rights", "nodes", "classes", "shards", "clock"),
        *("journal", "lease"),
    ]
    assert verdicts(said)["embedder"] == "ok"


def test_a_server_that_wants_a_key_is_said_once_and_its_grpc_port_apart(
    varity: Varity, guarded: str, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WEAVIATE_API_KEY")
    monkeypatch.setenv("WEAVIATE_GRPC_PORT", str(closed_port))
    said = varity("doctor", "--json", "--store", guarded)
    assert said.code == 69  # gRPC does not answer
    assert checks(said)["access"]["seen"] == "the server wants an API key, none is set"
    assert checks(said)["gRPC"]["seen"] == f"nothing listens at port {closed_port} of 127.0.0.1"
    monkeypatch.setenv("WEAVIATE_API_KEY", KEY)
    refused = varity("doctor", "--json", "--store", guarded)
    assert checks(refused)["access"]["seen"] == "the API key is refused"
    assert KEY not in refused.out + refused.err


def test_a_t2v_service_that_is_away_does_not_make_the_store_unreachable(
    varity: Varity, closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VARITY_EMBEDDER", "t2v")
    monkeypatch.setenv("VARITY_T2V_URL", f"http://127.0.0.1:{closed_port}")
    said = varity("doctor", "--json")
    assert said.code == 1
    assert "does not answer" in checks(said)["embedder"]["seen"]


# --- a real server ------------------------------------------------------------------------------


@pytest.mark.weaviate
def test_a_server_is_looked_at_from_all_sides(
    varity: Varity,
    clean_weaviate: Weaviate,
    closed_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WEAVIATE_URL", clean_weaviate.url)
    monkeypatch.setenv("WEAVIATE_GRPC_PORT", str(clean_weaviate.grpc_port))
    said = varity("doctor", "--json")
    assert said.code == 0
    assert set(verdicts(said).values()) == {"ok"}
    found = {name: finding["seen"] for name, finding in checks(said).items()}
    assert found["REST"] == "answers"
    assert found["gRPC"] == f"port {clean_weaviate.grpc_port} answers"
    assert found["access"] == "anonymous"
    assert found["nodes"] == "1 node, healthy"
    assert found["classes"] == "0 of 5 there as expected, without Metadata"
    assert found["clock"] == "as the server's, within 5 s"
    assert clean_weaviate.classes() == []  # nothing came to be by looking

    monkeypatch.setenv("WEAVIATE_GRPC_PORT", str(closed_port))
    without_grpc = varity("doctor", "--json")
    assert without_grpc.code == 69
    assert verdicts(without_grpc)["REST"] == "ok"
    assert (
        checks(without_grpc)["gRPC"]["seen"]
        == f"port {closed_port} does not answer, though REST does"
    )


def test_the_oldest_server_is_the_one_that_a_load_takes() -> None:
    assert server.OLDEST_SERVER == weaviate_opening.OLDEST_SERVER


# --- for people ---------------------------------------------------------------------------------


def test_in_a_pipe_a_line_is_a_finding_and_its_advice_stands_below(varity: Varity) -> None:
    said = varity("doctor", "--store", "sqlite:///nowhere/varity.db")
    lines = said.out.splitlines()
    assert lines[0] == "ok       store     sqlite:///nowhere/varity.db (--store)"
    advice = lines[[line.startswith("problem  file") for line in lines].index(True) + 1]
    assert advice == "                   -> make it, or name another file"
    assert lines[-1].startswith("1 problem")
    assert "\x1b" not in said.out


def test_in_a_terminal_long_lines_are_folded_and_colours_can_be_switched_off() -> None:
    store = f"sqlite:///{'x' * 100}/varity.db"
    with Terminal("doctor", "--store", store, VARITY_EMBEDDER="hashing") as coloured:
        assert coloured.ends() == 1
    with Terminal("doctor", "--store", store, VARITY_EMBEDDER="hashing", NO_COLOR="1") as plain:
        assert plain.ends() == 1
    assert "\x1b[31m" in coloured.shown
    assert "\x1b[31m" not in plain.shown
    shown = re.sub(r"\x1b\[[0-9;]*m", "", plain.shown)
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert shown.replace("\r\n", "").replace(" ", "").count("x" * 100) >= 2
