import ssl
from pathlib import Path

import pytest

from fediserver.errors import ConfigError, Refused, Unreachable
from fediserver.models.mail import Letter
from fediserver.net import mail
from fediserver.net.tls import client_context
from tests.mail_server import MailServer, mail_server, text_of
from tests.net.test_tls import laboratory
from tests.town import NOON

LETTER = Letter(number=7, to="rose@mail.example", subject="Grüße", text="Die Bohnen blühen.\n")
LOG_IN = "garden:p%40ss"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laboratory(tmp_path_factory.mktemp("mail"), "localhost")


@pytest.fixture(scope="module")
def tls(lab: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(lab / "server.pem")
    return context


def mailer(url: str, *, trust: Path | None = None, by: str = "") -> mail.Mailer:
    return mail.Mailer(
        mail.server(url),
        mail.sender(by, "garden.example"),
        clock=lambda: NOON,
        trust=client_context(str(trust) if trust else None),
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", mail.Server("mail.example", 25, False, "", "")),
        ("smtp://u:p%40s@mail.example", mail.Server("mail.example", 587, False, "u", "p@s")),
        ("smtps://u:p@mail.example", mail.Server("mail.example", 465, True, "u", "p")),
        ("smtp://127.0.0.1:2525/", mail.Server("127.0.0.1", 2525, False, "", "")),
        ("smtps://[::1]:465", mail.Server("::1", 465, True, "", "")),
    ],
)
def test_the_address_of_a_server_is_read(url: str, expected: mail.Server) -> None:
    assert mail.server(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "smtp://u@mail.example",
        "smtp://m:x",
        "smtp://a b",
        "smtp://m/x",
        "m:25",
    ],
)
def test_what_is_no_server_is_refused_without_telling_a_password(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        mail.server(url.replace("u@", "u:secret@") if "u@" not in url else url)
    assert "FEDISERVER_MAIL_URL" in str(told.value)
    assert "secret" not in str(told.value)


def test_the_sender_has_a_name_or_none() -> None:
    assert str(mail.sender("", "garden.example:8000")) == "fediserver@garden.example"
    assert str(mail.sender("Garden <post@garden.example>", "x")) == "Garden <post@garden.example>"
    for wrong in ("nobody", "a b@c", "<>"):
        with pytest.raises(ConfigError):
            mail.sender(wrong, "garden.example")


async def test_a_letter_arrives_as_it_was_written() -> None:
    async with mail_server() as server:
        await mailer(server.url(), by="Garden <post@garden.example>").send(LETTER)
    (letter,) = server.letters
    assert (letter["From"], letter["To"]) == ("Garden <post@garden.example>", LETTER.to)
    assert (letter["Subject"], text_of(letter)) == (LETTER.subject, LETTER.text)
    assert letter["Message-ID"] == "<7@garden.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].startswith("Mon, 21 Sep 2026")
    assert server.senders == ["post@garden.example"]
    assert server.encrypted == [False]


async def test_starttls_is_used_where_it_is_offered(tls: ssl.SSLContext) -> None:
    async with mail_server(tls=tls) as server:
        await mailer(server.url()).send(LETTER)
    assert server.encrypted == [True]


async def test_a_log_in_goes_only_to_a_server_that_proves_who_it_is(lab: Path, tls: ssl.SSLContext) -> None:
    async with mail_server(tls=tls, log_in=True) as server:
        await mailer(server.url(user=LOG_IN), trust=lab / "ca.pem").send(LETTER)
        assert server.encrypted == [True]
        assert server.logged_in
        with pytest.raises(Unreachable, match="certificate"):
            await mailer(server.url(user=LOG_IN)).send(LETTER)
        with pytest.raises(Unreachable, match="cannot be used"):
            await mailer(server.url(user="garden:wrong"), trust=lab / "ca.pem").send(LETTER)
    async with mail_server() as plain:
        with pytest.raises(Unreachable, match="STARTTLS"):
            await mailer(plain.url(user=LOG_IN), trust=lab / "ca.pem").send(LETTER)
    assert plain.letters == []


async def test_tls_from_the_start(lab: Path, tls: ssl.SSLContext) -> None:
    async with mail_server(tls=tls, from_the_start=True) as server:
        await mailer(server.url(scheme="smtps"), trust=lab / "ca.pem").send(LETTER)
        with pytest.raises(Unreachable, match="certificate"):
            await mailer(server.url(scheme="smtps")).send(LETTER)
    assert server.encrypted == [True]


async def test_what_is_refused_for_good_and_what_for_now() -> None:
    def recipient(server: MailServer, text: str) -> None:
        server.answer = text

    def message(server: MailServer, text: str) -> None:
        server.at_end = text

    for refuse in (recipient, message):
        for text, expected in (("550 no such box", Refused), ("451 try later", Unreachable)):
            async with mail_server() as server:
                refuse(server, text)
                with pytest.raises(expected, match=text[:3]):
                    await mailer(server.url()).send(LETTER)
            assert server.letters == []


async def test_a_server_that_is_away_is_asked_later() -> None:
    async with mail_server() as server:
        pass
    with pytest.raises(Unreachable):
        await mailer(server.url()).send(LETTER)


async def test_names_of_hosts_in_other_scripts_are_written_as_the_network_knows_them() -> None:
    async with mail_server() as server:
        await mailer(server.url()).send(Letter(1, "bohne@gärten.example", "s", "t"))
    assert server.letters[0]["To"] == "bohne@xn--grten-gra.example"


@pytest.mark.parametrize(
    "address",
    [
        "böhne@garten.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "a@",
        "@b.c",
        "a@-.c",
    ],
)
async def test_what_the_server_cannot_take_as_an_address_is_refused(address: str) -> None:
    async with mail_server() as server:
        with pytest.raises(Refused):
            await mailer(server.url()).send(Letter(1, address, "s", "t"))
    assert server.letters == []
