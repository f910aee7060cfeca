"""Opening the wire: addresses, keys, versions, and a sentence for each way it fails.

Knows the client's public API, and how a server says that it is one.
"""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anyio
from grpc import ssl_channel_credentials  # type: ignore[import-untyped]
from grpc.aio import AioRpcError  # type: ignore[import-untyped]
from httpx import InvalidURL
from weaviate import WeaviateAsyncClient
from weaviate.auth import Auth
from weaviate.config import AdditionalConfig, GrpcConfig, Timeout
from weaviate.connect.base import ConnectionParams
from weaviate.connect.v4 import HTTPError  # type: ignore[attr-defined]  # what its session raises
from weaviate.exceptions import (
    ResponseCannotBeDecodedError,
    UnexpectedStatusCodeError,
    WeaviateBaseError,
)

from ingest.targets.weaviate_errors import Lost
from ingest.targets.weaviate_wire import Wire
from journal.certificates import AUTHORITY_VARIABLE, WAY_OUT, distrust
from journal.errors import JournalError, StoreRefused, StoreUnavailable
from journal.small_files import bytes_in

OPEN_TIMEOUT_SECONDS = 5.0
OLDEST_SERVER = (1, 30)

_CHANNEL_OPTIONS = [
    # Requests are repeated by us or by nobody; gRPC core has retries of its own.
    ("grpc.enable_retries", 0),
    # After an outage the channel must be back before a lease runs out: by itself its pause
    # between two attempts to connect grows to two minutes.
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Like the REST session, it asks no proxy that the environment names.
    ("grpc.enable_http_proxy", 0),
]


_DISTRUSTED = "CERTIFICATE_VERIFY_FAILED"


class GrpcUnavailable(StoreUnavailable):
    """REST answers, gRPC does not."""


# What the client raises over an answer that is not a Weaviate's; "null" fails an assertion.
_NOT_ONE = (
    ResponseCannotBeDecodedError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    OverflowError,
    RecursionError,
    AssertionError,
)


@dataclass(frozen=True, slots=True)
class Server:
    """Where the server is, and the key to it. As text: the address, without any secret."""

    url: str
    grpc_port: int
    api_key: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        return f"Weaviate at {parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    async def connect(self) -> Wire:
        """Connect by REST and by gRPC, within seconds.

        Raises:
            StoreUnavailable: nothing answers at `url`, or not at the gRPC port.
            StoreRefused: the key is wrong or missing, it is not a Weaviate, or too old a one.
        """
        client = self._client()
        try:
            await self._connect_rest(client)
            wire = Wire(client)
            await self._check_grpc(wire)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await client.close()
            raise
        return wire

    def _client(self) -> WeaviateAsyncClient:
        # It logs whole objects.
        logging.getLogger("weaviate-client").setLevel(logging.CRITICAL + 1)
        try:
            parameters = ConnectionParams.from_url(self.url, self.grpc_port)
        except ValueError as error:
            raise self._no_address() from error
        seconds, authority = OPEN_TIMEOUT_SECONDS, self._authority()
        return WeaviateAsyncClient(
            connection_params=parameters,
            auth_client_secret=Auth.api_key(self.api_key) if self.api_key else None,
            additional_config=AdditionalConfig(
                timeout=Timeout(query=seconds, insert=seconds, init=seconds),
                grpc_config=GrpcConfig(
                    channel_options=_CHANNEL_OPTIONS, credentials=_channel_credentials(authority)
                ),
                # The only way to an authority of one's own; it brings the proxies of the
                # environment with it, through which TLS is a tunnel.
                trust_env=authority is not None,
            ),
            # Its checks ask a package index for the newest client, and answer a closed gRPC
            # port with half a page; ours is `_check_grpc`.
            skip_init_checks=True,
        )

    def _authority(self) -> bytes | None:
        """Return the certificates to trust instead of the usual ones, if any are named.

        Raises:
            StoreRefused: the file can not be read.
        """
        file = os.environ.get(AUTHORITY_VARIABLE)
        if not file or not self.url.startswith("https:"):
            return None
        try:
            return bytes_in(Path(file))
        except OSError as error:
            raise StoreRefused(
                f"{AUTHORITY_VARIABLE}: {file} can not be read ({error.strerror})"
            ) from error

    async def _connect_rest(self, client: WeaviateAsyncClient) -> None:
        try:
            with anyio.fail_after(OPEN_TIMEOUT_SECONDS + 1):
                await client.connect()
        except InvalidURL as error:  # of hosts, too, the session takes fewer
            raise self._no_address() from error
        except UnexpectedStatusCodeError as error:
            raise self._unwelcome(error.status_code) from error
        except _NOT_ONE as error:
            raise StoreRefused(
                f"{self} does not answer as a Weaviate does: check the address"
            ) from error
        except (WeaviateBaseError, HTTPError, OSError) as error:
            if reason := distrust(error):
                raise StoreRefused(
                    f"{self} shows a certificate that is not trusted ({reason}); {WAY_OUT}"
                ) from error
            if "is not supported" in str(error):
                raise self._too_old(client) from error
            raise StoreUnavailable(
                f"{self} does not answer: is it running, and is the address right?"
            ) from error
        if client._connection._weaviate_version.is_lower_than(*OLDEST_SERVER, 0):
            raise self._too_old(client)

    async def _check_grpc(self, wire: Wire) -> None:
        try:
            with anyio.fail_after(OPEN_TIMEOUT_SECONDS + 1):
                await wire.check_grpc(OPEN_TIMEOUT_SECONDS)
        except (AioRpcError, Lost, TimeoutError) as error:
            if isinstance(error, AioRpcError) and _DISTRUSTED in (error.details() or ""):
                raise StoreRefused(
                    f"{self} shows a certificate at its gRPC port {self.grpc_port} that is not"
                    f" trusted; {WAY_OUT}"
                ) from error
            raise GrpcUnavailable(
                f"{self} answers, but its gRPC port {self.grpc_port} does not: open it, or name "
                "the right one (WEAVIATE_GRPC_PORT)"
            ) from error

    def _no_address(self) -> StoreRefused:
        return StoreRefused(
            f"{self} with gRPC port {self.grpc_port} is no usable address: expected"
            " http(s)://host:port and another port for gRPC"
        )

    def _unwelcome(self, status: int) -> JournalError:
        if status in (401, 403):
            way_out = (
                "correct WEAVIATE_API_KEY, or unset it if the server has no keys"
                if self.api_key
                else "set WEAVIATE_API_KEY or WEAVIATE_API_KEY_FILE"
            )
            return StoreRefused(f"{self} refuses the credentials (HTTP {status}): {way_out}")
        if status >= 500 or status == 429:
            return StoreUnavailable(f"{self} is not ready (HTTP {status})")
        return StoreRefused(
            f"{self} does not answer as a Weaviate does (HTTP {status}): check the address"
        )

    def _too_old(self, client: WeaviateAsyncClient) -> StoreRefused:
        needed = ".".join(map(str, OLDEST_SERVER))
        return StoreRefused(
            f"{self} is version {client._connection.server_version}; {needed} or newer is needed"
        )


def _channel_credentials(authority: bytes | None) -> Any:
    """Return gRPC's word for the certificates to trust, None for the usual ones."""
    return None if authority is None else ssl_channel_credentials(root_certificates=authority)
