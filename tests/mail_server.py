"""A mail server: takes what is handed to it over a real socket, and refuses what a test says."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.processes import free_port


class MailServer:
    """What came, newest last; `answer` is what it says to every recipient, `at_end` to every message."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answer = "250 OK"
        self.at_end = "250 OK"
        self.asked = 0
        self.letters: list[EmailMessage] = []
        self.senders: list[str | None] = []
        self.encrypted: list[bool] = []
        self.logged_in: list[str] = []

    def url(self, *, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}{'@' if user else ''}localhost:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for letter in self.letters if letter["To"] == address]

    def link(self, address: str) -> str:
        """The path of the link in the newest letter to an address."""
        found = re.search(r"https?://[^/\s]+(/\S+)", text_of(self.to(address)[-1]))
        assert found is not None
        return found[1]

    # What aiosmtpd calls: https://aiosmtpd.aio-libs.org/en/latest/handlers.html.

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_end.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
            self.senders.append(envelope.mail_from)
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return self.at_end

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if (data.login, data.password) != (b"garden", b"p@ss"):
            return AuthResult(success=False, handled=False)
        self.logged_in.append(mechanism)
        return AuthResult(success=True)


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content()).replace("\r\n", "\n")


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, from_the_start: bool = False, log_in: bool = False
) -> AsyncIterator[MailServer]:
    """One on localhost: plain, with STARTTLS, or with TLS from the start."""
    loop = asyncio.get_running_loop()
    made = MailServer(free_port())
    make: Callable[[], SMTP] = lambda: SMTP(  # noqa: E731
        made,
        loop=loop,
        hostname="mail.test",
        tls_context=None if from_the_start else tls,
        authenticator=made.authenticate if log_in else None,
        auth_required=log_in,
        auth_require_tls=log_in and not from_the_start,
    )
    server = await loop.create_server(make, "127.0.0.1", made.port, ssl=tls if from_the_start else None)
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
