"""TLS is verified, by the journal's connection and by both of the target's."""

from pathlib import Path

import pytest

from ingest.targets.weaviate_opening import Server
from journal.errors import StoreRefused
from journal.stores.rest import Rest
from tests.security.encrypted import Certificate, encrypted_stand_in, self_signed
from tests.targets.stand_in import stand_in

WAY_OUT = "name the file of its authority in SSL_CERT_FILE"
KEY = "canary-tls-51aa"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path)


@pytest.fixture(autouse=True)
def usual_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def ask_by_rest(url: str) -> int:
    rest = Rest(url, api_key=KEY, request_seconds=10)
    try:
        status, _ = await rest.request("GET", "/v1/meta")
        return status
    finally:
        await rest.aclose()


async def test_the_journal_refuses_a_certificate_of_nobody_it_trusts(
    certificate: Certificate,
) -> None:
    async with encrypted_stand_in(certificate, certificate) as server:
        with pytest.raises(StoreRefused, match="self-signed certificate") as refused:
            await ask_by_rest(server.url)
    assert WAY_OUT in str(refused.value)


async def test_the_target_refuses_a_certificate_of_nobody_it_trusts(
    certificate: Certificate,
) -> None:
    async with encrypted_stand_in(certificate, certificate) as server:
        with pytest.raises(StoreRefused, match="self-signed certificate") as refused:
            await Server(server.url, server.grpc_port, KEY).connect()
    assert WAY_OUT in str(refused.value)


async def test_an_authority_of_one_s_own_is_trusted_by_rest_and_by_grpc(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    async with encrypted_stand_in(certificate, certificate) as server:
        assert await ask_by_rest(server.url) == 200
        wire = await Server(server.url, server.grpc_port, KEY).connect()
        await wire.cut()


async def test_the_grpc_port_is_held_to_the_same(
    certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    other = self_signed(tmp_path / "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    async with encrypted_stand_in(certificate, other) as server:
        with pytest.raises(StoreRefused, match=f"gRPC port {server.grpc_port}") as refused:
            await Server(server.url, server.grpc_port, KEY).connect()
    assert WAY_OUT in str(refused.value)


async def test_a_trusted_certificate_of_another_host_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = self_signed(tmp_path, "192.0.2.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))
    async with encrypted_stand_in(other, other) as server:
        with pytest.raises(StoreRefused, match="IP address mismatch"):
            await ask_by_rest(server.url)
        with pytest.raises(StoreRefused, match="IP address mismatch"):
            await Server(server.url, server.grpc_port, KEY).connect()


@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_an_authority_that_can_not_be_read_is_named(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(StoreRefused, match=r"SSL_CERT_FILE: .*authority.pem can not be read"):
        await ask_by_rest("https://127.0.0.1:9")


async def test_no_proxy_sees_a_key_that_travels_in_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    async with stand_in() as server:
        assert await ask_by_rest(server.url) == 200
        wire = await Server(server.url, server.grpc_port, KEY).connect()
        await wire.cut()
