"""Handles: `alice`, `@bob@b.example`, `acct:carol@localhost:8001`."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

import idna

NAME_LENGTH = 255
"""Characters of the longest name that is taken from elsewhere; our own have at most 30."""

_HOST_LENGTH = 253
_NAME = re.compile(r"[A-Za-z0-9_](?:[\w.-]*\w)?")
# The underscore is no host name by RFC 1123, but containers and labs have it.
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")


class Handle(NamedTuple):
    """Who is meant: `domain` is lower-case and ASCII, may carry `:port`, and is empty for somebody here.

    The name keeps its case: other servers may tell `Bob` from `bob`, and comparing is not done here.
    """

    name: str
    domain: str = ""

    def __str__(self) -> str:
        return f"{self.name}@{self.domain}" if self.domain else self.name


def parse(text: str) -> Handle | None:
    """Read `name`, `@name`, `name@host`, `@name@host:port` or `acct:name@host`; None for anything else."""
    text = text.strip()
    if len(text) > NAME_LENGTH + 2 * _HOST_LENGTH:
        return None
    if text[:5].lower() == "acct:":
        text = text[5:]
    name, at, typed = text.removeprefix("@").partition("@")
    if len(name) > NAME_LENGTH or not _NAME.fullmatch(name):
        return None
    if not at:
        return Handle(name)
    domain = host(typed)
    return None if domain is None else Handle(name, domain)


def host(text: str) -> str | None:
    """Bring a host with or without port into its one form: lower-case, IDN as punycode (UTS 46), no root dot.

    None for what cannot be a host. A name that ends in a number must be a dotted IPv4 address, as in the
    WHATWG URL standard, so that no odd spelling of an address passes for a name; IPv6 stands in brackets.
    """
    bare, colon, port = text.rpartition(":") if _PORT.fullmatch(text.rpartition(":")[2]) else (text, "", "")
    if colon and not 0 < int(port) < 65536:
        return None
    name = _address(bare) if bare.startswith("[") else _name(bare)
    return None if name is None else f"{name}:{int(port)}" if colon else name


def _address(text: str) -> str | None:
    try:
        return f"[{IPv6Address(text[1:-1]).compressed}]" if text.endswith("]") and "%" not in text else None
    except AddressValueError:
        return None


def _name(text: str) -> str | None:
    text = text.removesuffix(".").lower()
    if len(text) > _HOST_LENGTH:
        return None
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    if len(text) > _HOST_LENGTH or not _HOST.fullmatch(text):
        return None
    if _NUMBER.fullmatch(text.rpartition(".")[2]):
        try:
            return str(IPv4Address(text))
        except AddressValueError:
            return None
    return text
