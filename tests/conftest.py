"""Fixtures shared by all tests: the real server, the real data, and what to do without them.

A test that needs one of them says so by a marker; the marker alone decides whether it is
skipped (loudly) or fails where the thing is missing.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Weaviate, WeaviateServer, named_server, why_none

ESCO_FILES = ("esco-1.2.0-en.zip", "esco-small-en.zip")

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
    if item.get_closest_marker("esco"):
        if "esco" in missing:
            pytest.skip(missing["esco"])
        _fail_without_files(Path(os.environ["VARITY_ESCO_DATA"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = terminalreporter.config.stash.get(MISSING, {})
    for marker, reason in missing.items():
        terminalreporter.write_line(f"NOT TESTED: marker {marker!r}: {reason}.", red=True)


def _needs_own_server(item: pytest.Item) -> bool:
    """Tell whether the test needs a server started here: not if the environment names one."""
    if item.get_closest_marker("weaviate") is None:
        return False
    return named_server() is None or "own_weaviate" in getattr(item, "fixturenames", ())


def _fail_without_files(folder: Path) -> None:
    absent = [name for name in ESCO_FILES if not (folder / name).is_file()]
    if absent:
        pytest.fail(f"VARITY_ESCO_DATA={folder}: {', '.join(absent)} not there", pytrace=False)
