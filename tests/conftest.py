"""Fixtures shared by all tests: the real server, the real data, and what to do without them.

A test that needs one of them says so by a marker; the marker alone decides whether it is
skipped (loudly) or fails where the thing is missing.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.compose import engine
from tests.server import Weaviate, WeaviateServer, named_server, why_none

ESCO_FILES = ("esco-1.2.0-en.zip", "esco-small-en.zip")

OWN_SERVERS = {"own_weaviate", "guarded_weaviate"}  # fixtures that start one in any case

MISSING = pytest.StashKey[dict[str, str]]()  # marker -> why its tests can not run here


@pytest.fixture(scope="session")
def weaviate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weaviate]:
    """One server shared by the session, with whatever earlier tests left in it."""
    named = named_server()
    if named is not None:
        yield named
        return
    server = WeaviateServer(tmp_path_factory.mktemp("weaviate"))
    yield server
    server.stop()


@pytest.fixture
def clean_weaviate(weaviate: Weaviate) -> Weaviate:
    """The shared server, without any class."""
    weaviate.wipe()
    return weaviate


@pytest.fixture
def own_weaviate(tmp_path: Path) -> Iterator[WeaviateServer]:
    """A server of the test's own, to be killed and started again at will."""
    server = WeaviateServer(tmp_path / "weaviate")
    yield server
    server.kill()


@pytest.fixture(scope="session")
def esco_data() -> Path:
    """The folder of the real ESCO zips."""
    return Path(os.environ["VARITY_ESCO_DATA"])


# --- what is missing here ---------------------------------------------------------------------


def pytest_collection_finish(session: pytest.Session) -> None:
    """Find out once, before the first test, what the chosen tests need and can not have."""
    missing = session.config.stash.setdefault(MISSING, {})
    if session.config.option.collectonly:
        return
    needed = any(item.get_closest_marker("esco") for item in session.items)
    if needed and not os.environ.get("VARITY_ESCO_DATA"):
        missing["esco"] = "VARITY_ESCO_DATA does not name the folder of the real ESCO zips"
    is_seen = any(item.get_closest_marker("browser") for item in session.items)
    if is_seen and shutil.which("chromium") is None:
        missing["browser"] = "there is no program named chromium"
    is_drilled = any(item.get_closest_marker("drill") for item in session.items)
    if is_drilled and os.environ.get("VARITY_TEST_DRILLS") != "true":
        missing["drill"] = "they take minutes, and run where VARITY_TEST_DRILLS is true"
    if any(item.get_closest_marker("compose") for item in session.items):
        reason = engine.why_none()
        if reason:
            missing["compose"] = reason
    if any(_needs_own_server(item) for item in session.items):
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():  # a first build takes minutes, and says so
            reason = why_none()
        if reason:
            missing["weaviate"] = reason


def pytest_runtest_setup(item: pytest.Item) -> None:
    missing = item.config.stash[MISSING]
    if "weaviate" in missing and _needs_own_server(item):
        if os.environ.get("CI") == "true":
            pytest.fail(missing["weaviate"], pytrace=False)
        pytest.skip(missing["weaviate"])
    if "browser" in missing and item.get_closest_marker("browser"):
        pytest.skip(missing["browser"])
    if "drill" in missing and item.get_closest_marker("drill"):
        pytest.skip(missing["drill"])
    if "compose" in missing and item.get_closest_marker("compose"):
        pytest.skip(missing["compose"])
    if item.get_closest_marker("esco"):
        if "esco" in missing:
            pytest.skip(missing["esco"])
        _fail_without_files(Path(os.environ["VARITY_ESCO_DATA"]))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Pass on what a worker found missing: the summary is written by the process above it."""
    passed_on = getattr(session.config, "workeroutput", None)
    if passed_on is not None:
        passed_on["missing"] = session.config.stash.get(MISSING, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    found = getattr(node, "workeroutput", {}).get("missing", {})
    node.config.stash.setdefault(MISSING, {}).update(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = terminalreporter.config.stash.get(MISSING, {})
    for marker, reason in missing.items():
        terminalreporter.write_line(f"NOT TESTED: marker {marker!r}: {reason}.", red=True)


def _needs_own_server(item: pytest.Item) -> bool:
    """Tell whether the test needs a server started here: not if the environment names one."""
    if item.get_closest_marker("weaviate") is None:
        return False
    fixtures = getattr(item, "fixturenames", ())
    return named_server() is None or not OWN_SERVERS.isdisjoint(fixtures)


def _fail_without_files(folder: Path) -> None:
    absent = [name for name in ESCO_FILES if not (folder / name).is_file()]
    if absent:
        pytest.fail(f"VARITY_ESCO_DATA={folder}: {', '.join(absent)} not there", pytrace=False)
