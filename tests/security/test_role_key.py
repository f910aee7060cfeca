"""The admin's key that `scripts/weaviate-role` is given goes to the one server it names."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from tests.security.conftest import KEYS
from tests.security.test_role import weaviate_role
from tests.serving import serving


class Host:
    """A server that repeats what it is told, or sends whoever asks to `elsewhere`."""

    def __init__(self) -> None:
        self.url = ""
        self.elsewhere = ""
        self.asked: list[str] = []


@contextmanager
def hosted() -> Iterator[Host]:
    host = Host()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host.asked.append(str(self.headers))
            self.send_response(302 if host.elsewhere else 500)
            if host.elsewhere:
                self.send_header("location", host.elsewhere + self.path)
            self.end_headers()
            self.wfile.write(str(self.headers).encode())

        def do_POST(self) -> None:
            self.do_GET()

    with serving(Answer) as host.url:
        yield host


@pytest.fixture
def host() -> Iterator[Host]:
    with hosted() as made:
        yield made


@pytest.fixture
def other_host() -> Iterator[Host]:
    with hosted() as made:
        yield made


def test_a_redirect_is_not_followed(host: Host, other_host: Host) -> None:
    host.elsewhere = other_host.url
    said = weaviate_role(host.url, "--user", "loader")
    assert (said.returncode, len(host.asked), other_host.asked) == (1, 1, [])
    assert "HTTP 302" in said.stderr


def test_what_a_server_repeats_is_shown_without_the_key(host: Host) -> None:
    said = weaviate_role(host.url, "--user", "loader")
    assert said.returncode == 1
    assert KEYS["root"] in host.asked[0]
    assert "HTTP 500" in said.stderr
    assert KEYS["root"] not in said.stdout + said.stderr
