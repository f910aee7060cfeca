"""A server with roles switched on, and users who have none yet."""

from collections.abc import Iterator

import httpx
import pytest

from tests.server import WeaviateServer

USERS = ("root", "loader", "stranger")
KEYS = {name: f"canary-{name}-77c2" for name in USERS}


class Asked:
    """A user's REST requests."""

    def __init__(self, server: WeaviateServer, user: str) -> None:
        self._client = httpx.Client(
            base_url=f"{server.url}/v1",
            headers={"authorization": f"Bearer {KEYS[user]}"},
            timeout=60,
        )

    def __call__(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self._client.request(method, path, json=body)

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="package")
def guarded_weaviate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeaviateServer]:
    """One server for all these tests; its users are given rights by them."""
    server = WeaviateServer(
        tmp_path_factory.mktemp("guarded"),
        env={
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "false",
            "AUTHENTICATION_APIKEY_ENABLED": "true",
            "AUTHENTICATION_APIKEY_ALLOWED_KEYS": ",".join(KEYS.values()),
            "AUTHENTICATION_APIKEY_USERS": ",".join(KEYS),
            "AUTHORIZATION_RBAC_ENABLED": "true",
            "AUTHORIZATION_RBAC_ROOT_USERS": "root",
        },
    )
    yield server
    server.kill()


@pytest.fixture
def root(guarded_weaviate: WeaviateServer) -> Iterator[Asked]:
    asked = Asked(guarded_weaviate, "root")
    yield asked
    asked.close()


@pytest.fixture
def loader(guarded_weaviate: WeaviateServer) -> Iterator[Asked]:
    asked = Asked(guarded_weaviate, "loader")
    yield asked
    asked.close()
