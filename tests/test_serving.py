"""The servers of the tests leave the stderr of who is tested alone."""

import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler
from queue import Queue
from urllib.parse import urlsplit

import pytest

from tests.serving import serving

RESET = struct.pack("ii", 1, 0)  # a close with an RST, as of a client that is cancelled
SECONDS = 30


@pytest.mark.parametrize(("fault", "is_told"), [(None, False), (ValueError("x"), True)])
def test_a_client_that_is_gone_is_not_told_of(
    fault: Exception | None, is_told: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    met: Queue[type[Exception]] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError as error:
                met.put(type(error))
                raise
            if fault is not None:
                met.put(type(fault))
                raise fault

    with serving(Handler) as url:
        address = urlsplit(url)
        client = socket.create_connection((address.hostname, address.port))
        if fault is None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        client.close()
        assert met.get(timeout=SECONDS) is (type(fault) if fault else ConnectionResetError)
        for thread in threading.enumerate():
            if "process_request" in thread.name:
                thread.join(SECONDS)
    assert ("Traceback" in capfd.readouterr().err) is is_told
