"""Mail out, by the one server that the node is told of (RFC 5321)."""

import re
import ssl
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib
import idna
from aiosmtplib.errors import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
)

from fediserver.clock import Clock
from fediserver.errors import ConfigError, Refused, Unreachable
from fediserver.models.mail import Letter

ANSWER_SECONDS = 20.0
"""For each step of a conversation."""
_PORTS = {"smtp": 25, "submission": 587, "smtps": 465}
_HOST = re.compile(r"[A-Za-z0-9.:_-]{1,255}")


class Server(NamedTuple):
    """Where mail is handed in; without `user` nobody logs in there."""

    host: str
    port: int
    tls: bool
    user: str
    password: str


def server(url: str) -> Server:
    """What FEDISERVER_MAIL_URL means: `smtp[s]://[user:password@]host[:port]`; ConfigError for anything else.

    Without a port: 465 for smtps, 587 for smtp with a user, else 25.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _wrong_url() from None
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.scheme not in ("smtp", "smtps") or not _HOST.fullmatch(parts.hostname or ""):
        raise _wrong_url()
    if parts.path.strip("/") or parts.query or parts.fragment or bool(user) != bool(password):
        raise _wrong_url()
    usual = "submission" if parts.scheme == "smtp" and user else parts.scheme
    return Server(parts.hostname or "", port or _PORTS[usual], parts.scheme == "smtps", user, password)


def sender(text: str, domain: str) -> Address:
    """What FEDISERVER_MAIL_FROM means, `Garden <post@garden.example>` or the bare address; ConfigError else."""
    name, address = parseaddr(text or f"fediserver@{domain.partition(':')[0]}")
    try:
        return Address(name, addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise ConfigError(
            "FEDISERVER_MAIL_FROM wants an address such as post@garden.example, "
            "or a name and an address: Garden <post@garden.example>"
        ) from None


class Mailer:
    """Hands letters to the server, a connection for each.

    A server that is logged in to has to prove who it is, and TLS is not left out. Without log-in, STARTTLS
    is used where it is offered and no certificate is asked for: who could present a false one could as well
    leave out the offer (RFC 7435).
    """

    def __init__(self, to: Server, by: Address, *, clock: Clock, trust: ssl.SSLContext) -> None:
        self._server = to
        self._sender = by
        self._clock = clock
        self._trust = trust if to.user or to.tls else _trusting()

    async def send(self, letter: Letter) -> None:
        """Hand one letter over.

        Raises Refused when the server will never take it for this address, Unreachable when it may later.
        """
        where = self._server
        try:
            message = self._message(letter)
        except (ValueError, IndexError, MessageError) as problem:
            raise Refused("mail", f"this is no address: {problem}") from None
        try:
            async with aiosmtplib.SMTP(
                hostname=where.host,
                port=where.port,
                username=where.user or None,
                password=where.password or None,
                # Else the library asks the name service for it, and everybody waits.
                local_hostname=self._sender.domain,
                timeout=ANSWER_SECONDS,
                use_tls=where.tls,
                start_tls=False if where.tls else (True if where.user else None),
                tls_context=self._trust,
            ) as connection:
                await connection.send_message(message, sender=self._sender.addr_spec)
        except (SMTPRecipientsRefused, SMTPDataError) as problem:
            if _for_good(problem):
                raise Refused("mail", f"the mail server does not take it: {_said(problem)}") from None
            raise Unreachable(f"the mail server does not take it now: {_said(problem)}") from None
        except (SMTPNotSupported, UnicodeError) as problem:
            raise Refused("mail", f"the mail server knows no such addresses: {problem}") from None
        except (SMTPException, OSError, ValueError) as problem:
            raise Unreachable(f"the mail server cannot be used: {problem}") from None

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        name, _, domain = letter.to.rpartition("@")
        message["To"] = Address(addr_spec=f"{name}@{idna.encode(domain, uts46=True).decode()}")
        message["Subject"] = letter.subject
        message["Date"] = formatdate(self._clock() / 1000)
        message["Message-ID"] = f"<{letter.number}@{self._sender.domain}>"
        # RFC 3834: no holiday notices in answer, please.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _for_good(problem: SMTPException) -> bool:
    refusals = problem.recipients if isinstance(problem, SMTPRecipientsRefused) else [problem]
    return all(isinstance(one, SMTPRecipientRefused | SMTPDataError) and one.code >= 500 for one in refusals)


def _said(problem: SMTPException) -> str:
    """The answer's code and the beginning of its text."""
    first = problem.recipients[0] if isinstance(problem, SMTPRecipientsRefused) else problem
    return f"{getattr(first, 'code', '')} {getattr(first, 'message', first)}"[:200]


def _wrong_url() -> ConfigError:
    # Never what was typed: there is a password in it.
    return ConfigError(
        "FEDISERVER_MAIL_URL must look like smtp://user:password@mail.example:587 or smtps://…"
    )
