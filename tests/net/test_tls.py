import asyncio
import contextlib
import datetime as dt
import ssl
import time
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fediserver.errors import ConfigError, Unreachable
from fediserver.net import tls
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


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with ca.pem and, for far.test, server.pem (certificate and key)."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = certificate("lab", ca_key, "lab", ca_key, authority=True)
    leaf = certificate("far.test", key, "lab", ca_key, authority=False)
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(leaf.public_bytes(pem) + private)
    return folder


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


def shake(client: ssl.SSLContext, server: ssl.SSLContext, host: str) -> bool:
    """A handshake in memory and a first answer; whether it took up an earlier session."""
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(downward, upward, server_hostname=host)
    theirs = server.wrap_bio(upward, downward, server_side=True)
    for side in (ours, theirs, ours, theirs):
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
    theirs.write(b"hello")
    assert ours.read(5) == b"hello"
    return bool(theirs.session_reused)


@pytest.fixture
def far(lab: Path) -> ssl.SSLContext:
    """The server far.test."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(lab / "server.pem")
    return context


def test_a_session_is_taken_up_again(lab: Path, far: ssl.SSLContext) -> None:
    client = client_context(str(lab / "ca.pem"))
    assert [shake(client, far, "far.test") for _ in range(3)] == [False, True, True]


def test_a_certificate_is_checked_again_after_an_hour_however_often_it_was_resumed(
    lab: Path, far: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_context(str(lab / "ca.pem"))
    present = time.monotonic()
    resumed = []
    for minutes in (0, 30, 59, 61, 62):
        monkeypatch.setattr(time, "monotonic", lambda minutes=minutes: present + 60 * minutes)
        resumed.append(shake(client, far, "far.test"))
    assert resumed == [False, True, True, False, True]


def test_another_name_of_the_same_server_is_checked_by_itself(lab: Path, far: ssl.SSLContext) -> None:
    client = client_context(str(lab / "ca.pem"))
    shake(client, far, "far.test")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(client, far, "other.test")


def test_sessions_of_many_hosts_do_not_pile_up(
    lab: Path, far: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "HOSTS", 2)
    client = client_context(str(lab / "ca.pem"))
    shake(client, far, "far.test")
    assert isinstance(client, tls.ResumingContext)
    session = client._sessions["far.test"].session
    for name in ("one", "two", "three"):
        client.remember(name, session, resumed=False)
    assert list(client._sessions) == ["two", "three"]
    assert not shake(client, far, "far.test")
