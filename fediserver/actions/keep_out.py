"""Whom the organisers keep from signing up, or from coming here at all: each change is logged."""

import re
from ipaddress import ip_network

import msgspec

from fediserver.actions import moderate
from fediserver.actions.core import Core
from fediserver.actions.moderate import Decision
from fediserver.clock import DAY, SECOND
from fediserver.db import email_blocks, ip_blocks, signals
from fediserver.db.database import Clash, Writer
from fediserver.errors import Invalid
from fediserver.models.sign_up_block import (
    CanonicalEmailBlock,
    EmailDomainBlock,
    IpBlock,
    Network,
    network,
)
from fediserver.text import handles
from fediserver.text.mail_address import canonical_hash

TOPIC = "ip_blocks"
"""What the bus carries when other networks are kept out than before."""
MOST_NETWORKS = 10_000
"""So many are looked through in memory for each request."""
LONGEST_COMMENT = 1000
LONGEST = 10 * 365 * DAY
WIDEST = {4: 8, 6: 16}
"""The shortest prefix that may be blocked: nobody means a quarter of the network."""

_HASH = re.compile(r"[0-9a-f]{64}")
_TAKEN = "Validation failed: {} has already been taken"


async def block_email_domain(
    core: Core, domain: str, *, allow_with_approval: bool, decision: Decision
) -> EmailDomainBlock:
    """Have nobody sign up with mail of a domain, or only with approval; Invalid when it is blocked already."""
    name = handles.host(domain.strip().removeprefix("@"))
    if name is None or ":" in name:
        raise Invalid(f"{domain[:100]!r} is no domain such as mail.example")
    row = EmailDomainBlock(core.ids.next(), name, allow_with_approval, core.clock())

    async def work(tx: Writer) -> None:
        if not await email_blocks.insert_domain(tx, row):
            raise Invalid(_TAKEN.format("Domain"))
        await _note(core, tx, "block email domain", decision, name)

    await core.db.write(work)
    return row


async def unblock_email_domain(core: Core, row: EmailDomainBlock, decision: Decision) -> None:
    """Let people sign up with mail of a domain again."""

    async def work(tx: Writer) -> None:
        await email_blocks.drop_domain(tx, row.id)
        await _note(core, tx, "unblock email domain", decision, row.domain)

    await core.db.write(work)


def hash_of(email: str, hashed: str) -> str:
    """The hash of an address, or the one that was sent; Invalid for what is neither."""
    if email:
        if not all(email.strip().partition("@")) or len(email) > 320:
            raise Invalid("Validation failed: Email must look like somebody@example.org")
        return canonical_hash(email)
    if _HASH.fullmatch(hashed.strip().lower()) is None:
        raise Invalid("Validation failed: say email, or canonical_email_hash as 64 hexadecimal digits")
    return hashed.strip().lower()


async def block_email(core: Core, hashed: str, decision: Decision) -> CanonicalEmailBlock:
    """Have nobody sign up with an address, however it is written; Invalid when it is blocked already."""
    row = CanonicalEmailBlock(core.ids.next(), hashed, None, core.clock())

    async def work(tx: Writer) -> None:
        if not await email_blocks.insert_address(tx, row):
            raise Invalid(_TAKEN.format("Canonical email hash"))
        await _note(core, tx, "block email", decision, hashed)

    await core.db.write(work)
    return row


async def unblock_email(core: Core, row: CanonicalEmailBlock, decision: Decision) -> None:
    """Let somebody sign up with an address again."""

    async def work(tx: Writer) -> None:
        await email_blocks.drop_address(tx, row.id)
        await _note(core, tx, "unblock email", decision, row.canonical_email_hash)

    await core.db.write(work)


def end_of(core: Core, seconds: int | None) -> int | None:
    """When a block ends that is to last so long; Invalid for what is not from a second to ten years."""
    if seconds is None:
        return None
    if not 0 < seconds <= LONGEST // SECOND:
        raise Invalid("Validation failed: Expires in must be between a second and ten years")
    return core.clock() + seconds * SECOND


async def put_ip_block(core: Core, row: IpBlock, decision: Decision, *, own_address: str) -> IpBlock:
    """Keep a network out, or change how; an id of 0 makes a new block.

    Raises Invalid for what is no network, too wide, or has a block already, and for the address of who asks.
    """
    found = _blockable(core, row, own_address)
    row = msgspec.structs.replace(row, id=row.id or core.ids.next(), ip=str(found))

    async def work(tx: Writer) -> None:
        if await ip_blocks.one(tx, row.id) is not None:
            await ip_blocks.change(tx, row)
        elif await ip_blocks.count(tx) >= MOST_NETWORKS:
            raise Invalid(
                f"There are {MOST_NETWORKS} blocked networks already; block wider ones, or drop some"
            )
        else:
            await ip_blocks.insert(tx, row)
        await _changed(core, tx)
        await _note(core, tx, f"ip {row.severity}", decision, f"{row.ip} {row.comment}".strip())

    try:
        await core.db.write(work)
    except Clash:
        raise Invalid(_TAKEN.format("Ip")) from None
    core.bus.publish(TOPIC)
    return row


async def drop_ip_block(core: Core, row: IpBlock, decision: Decision) -> None:
    """Let a network in again."""

    async def work(tx: Writer) -> None:
        await ip_blocks.drop(tx, row.id)
        await _changed(core, tx)
        await _note(core, tx, "unblock ip", decision, row.ip)

    await core.db.write(work)
    core.bus.publish(TOPIC)


def _blockable(core: Core, row: IpBlock, own_address: str) -> Network:
    found = network(row.ip)
    if found is None:
        raise Invalid(f"Validation failed: Ip {row.ip[:100]!r} is no address or network such as 192.0.2.0/24")
    if found.prefixlen < WIDEST[found.version]:
        raise Invalid(f"Validation failed: Ip is too wide, at least /{WIDEST[found.version]} is needed")
    if len(row.comment) > LONGEST_COMMENT:
        raise Invalid(f"Validation failed: Comment is too long (maximum is {LONGEST_COMMENT} characters)")
    if row.severity == "no_access":
        own = network(own_address)
        kept = [] if own is None else [own]
        kept += [ip_network(one, strict=False) for one in core.config.trusted_proxies]
        if any(one.version == found.version and one.overlaps(found) for one in kept):
            raise Invalid(
                "Validation failed: Ip is your own, or that of a proxy through which everybody comes"
            )
    return found


async def _changed(core: Core, tx: Writer) -> None:
    """Other processes keep the blocks in memory, too."""
    await signals.send(tx, id=core.ids.next(), kind=TOPIC, now=core.clock())


async def _note(core: Core, tx: Writer, deed: str, decision: Decision, about: str) -> None:
    await moderate.note(core, tx, deed, msgspec.structs.replace(decision, reason=about))
