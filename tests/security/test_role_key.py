"""The admin's key that `scripts/weaviate-role` is given goes to the one server it names."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.security.conftest import KEYS
from tests.security.test_role import weaviate_role


class Host:
    """A server that repeats what it is told, or sends whoever asks to `elsewhere`."""

    def __init__(self) -> None:
        self.elsewhere = ""
        self.asked: list[str] = []
        host = self

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

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.thread = Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def other_host() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


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
