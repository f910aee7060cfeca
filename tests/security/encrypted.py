"""A stand-in for a Weaviate server behind TLS, and the certificates that it shows."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.targets.stand_in import StandIn


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate and its key, as PEM files."""

    file: Path
    key_file: Path


def self_signed(folder: Path, address: str = "127.0.0.1") -> Certificate:
    """Make a certificate for an IP address, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "varity test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(folder / f"{address}.pem", folder / f"{address}.key")
    made.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


@asynccontextmanager
async def encrypted_stand_in(
    rest_shows: Certificate, grpc_shows: Certificate
) -> AsyncIterator[StandIn]:
    """Serve REST and gRPC by TLS on free loopback ports."""
    served = StandIn()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rest_shows.file, rest_shows.key_file)
    rest = await asyncio.start_server(served.on_rest, "127.0.0.1", 0, ssl=context)
    server = grpc.aio.server()
    handlers = {"Check": grpc.unary_stream_rpc_method_handler(served.on_health)}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("grpc.health.v1.Health", handlers),)
    )
    pair = (grpc_shows.key_file.read_bytes(), grpc_shows.file.read_bytes())
    served.grpc_port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
    served.url = f"https://127.0.0.1:{rest.sockets[0].getsockname()[1]}"
    await server.start()
    try:
        yield served
    finally:
        await server.stop(grace=None)
        rest.close()
        await rest.wait_closed()
