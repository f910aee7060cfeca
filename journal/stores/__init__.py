"""Implementations of the store port, opened by URL.

The adapters are imported when asked for: a SQLite run pays for no HTTP library.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from journal.errors import StoreRefused
from journal.redaction import Redaction
from journal.store import Store
from journal.stores.redacting import RedactingStore

SQLITE_SCHEME = "sqlite:///"
MEMORY_SCHEME = "memory://"


@asynccontextmanager
async def open_store(
    url: str, *, api_key: str | None = None, request_seconds: float = 10.0
) -> AsyncIterator[Store]:
    """Open the store at `url`: `sqlite:///PATH`, `http(s)://HOST:PORT` or `memory://`.

    Nothing is created until `prepare`. The key is sent as a bearer token, to Weaviate only.

    Raises:
        StoreRefused: the URL is of no known kind.
    """
    store = _store(url, api_key, request_seconds)
    if redaction := Redaction(api_key):
        store = RedactingStore(store, redaction)
    try:
        yield store
    finally:
        await store.aclose()


def sqlite_path(url: str) -> Path:
    """Return the file of a `sqlite:///` URL: three slashes relative, four absolute.

    Raises:
        StoreRefused: it names none.
    """
    path = url.removeprefix(SQLITE_SCHEME)
    if not url.startswith(SQLITE_SCHEME) or not path or "\0" in path:
        raise StoreRefused(f"{url} names no file; write sqlite:///varity.db")
    return Path(path)


def _store(url: str, api_key: str | None, request_seconds: float) -> Store:
    if url.startswith("sqlite:"):
        from journal.stores.sqlite import SqliteStore

        return SqliteStore(sqlite_path(url), busy_seconds=request_seconds)
    if url.startswith(("http://", "https://")):
        from journal.stores.weaviate import WeaviateStore

        _check_address(url)
        return WeaviateStore(url, api_key=api_key, request_seconds=request_seconds)
    if url.startswith(MEMORY_SCHEME):
        from journal.stores.memory import MemoryStore

        return MemoryStore()
    # A credential is not repeated.
    shown = "what was given" if re.search(r"[@?#]", url) else url
    raise StoreRefused(
        f"{shown} is no store; write sqlite:///FILE, http(s)://HOST:PORT or memory://"
    )


def _check_address(url: str) -> None:
    """Raise unless the URL is an address and no more; it is shown in messages and events."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        is_address = False
    if not is_address:
        raise StoreRefused("the store's URL is no usable address; write http(s)://HOST:PORT")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise StoreRefused(
            "the store's URL holds more than an address; give a key by WEAVIATE_API_KEY or"
            " WEAVIATE_API_KEY_FILE"
        )
