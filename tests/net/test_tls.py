import asyncio
import datetime as dt
import ssl
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fediserver.errors import ConfigError, Unreachable
from fediserver.net.client import Client
from fediserver.net.tls import client_context

Key = ec.EllipticCurvePrivateKey


def certificate(name: str, key: Key, issuer: str, issuer_key: Key, *, authority: bool) -> x509.Certificate:
    present = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(present - dt.timedelta(days=1))
        .not_valid_after(present + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def laboratory(folder: Path, name: str) -> Path:
    """The folder, with ca.pem and, for a host, server.pem (certificate and key)."""
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = certificate("lab", ca_key, "lab", ca_key, authority=True)
    leaf = certificate(name, key, "lab", ca_key, authority=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem) + private)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laboratory(tmp_path_factory.mktemp("tls"), "far.test")


async def ask(lab: Path, host: str) -> int:
    """The status that a TLS server on loopback gives a client made under the present environment."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(lab / "server.pem")
    done = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await done.wait()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def lookup(_: str) -> list[str]:
        return ["127.0.0.1"]

    listener = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    port = listener.sockets[0].getsockname()[1]
    try:
        allowed = [ip_network("127.0.0.0/8")]
        async with Client(base_url="https://garden.example", allowed=allowed, lookup=lookup) as client:
            return (await client.get(f"https://{host}:{port}/")).status
    finally:
        done.set()
        listener.close()
        await listener.wait_closed()


async def test_a_local_authority_is_trusted_through_ssl_cert_file(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(lab / "ca.pem"))
    assert await ask(lab, "far.test") == 200


async def test_without_it_the_server_is_not_trusted(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(Unreachable, match="TLS failed"):
        await ask(lab, "far.test")


async def test_the_name_must_match(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(lab / "ca.pem"))
    with pytest.raises(Unreachable, match="TLS failed"):
        await ask(lab, "other.test")


def test_the_system_store_stays_trusted(lab: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    system = len(client_context(None).get_ca_certs())
    monkeypatch.setenv("SSL_CERT_FILE", str(lab / "ca.pem"))
    assert len(client_context(str(lab / "ca.pem")).get_ca_certs()) == system + 1


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=str(path)):
        client_context(str(path))
