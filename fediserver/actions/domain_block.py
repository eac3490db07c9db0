"""Block a whole server for oneself: its people neither follow nor reach the member."""

from fediserver.actions import errand, follow, notify, outbox
from fediserver.actions.core import Core
from fediserver.db import accounts, domain_blocks, severances
from fediserver.db.database import Writer
from fediserver.db.domain_blocks import Ties
from fediserver.errors import Invalid
from fediserver.models.account import Account
from fediserver.models.severance import Severance
from fediserver.text import handles

MOST = 2000
"""Servers that one member blocks."""
CUT_AT_ONCE = 50
"""People of a blocked server with whom ties are cut in one transaction."""


def named(core: Core, text: str) -> str:
    """A server as somebody typed it, in its one form; raises Invalid for what is none, or our own."""
    domain = handles.host(text.strip().removeprefix("@"))
    if domain is None:
        problem = "is not a valid domain name"
    elif domain in (core.uris.domain, core.config.web_host):
        problem = "is this server, which cannot be blocked"
    else:
        return domain
    raise Invalid(f"Validation failed: Domain {problem}", {"domain": [("ERR_INVALID", problem)]})


async def preview(core: Core, me: Account, text: str) -> Ties:
    """What a block would cut."""
    return await domain_blocks.ties(core.db, account_id=me.id, domain=named(core, text))


async def block(core: Core, me: Account, text: str) -> None:
    """Block a server; ties with its people are cut by a job, however many they are, and told at once."""
    domain = named(core, text)

    async def work(tx: Writer) -> None:
        now = core.clock()
        if await domain_blocks.count(tx, me.id) >= MOST:
            raise Invalid(f"Validation failed: you block {MOST} servers, let one go before you add another")
        if await domain_blocks.put(tx, id=core.ids.next(), account_id=me.id, domain=domain, now=now):
            await _tell(core, tx, me, domain)
        await domain_blocks.forget(tx, account_id=me.id, domain=domain)
        args: dict[str, object] = {"account_id": me.id, "domain": domain}
        await errand.leave(core, tx, "domain_block", args, f"{me.id}:{domain}")

    await core.db.write(work)
    core.bus.publish("jobs")


async def _tell(core: Core, tx: Writer, me: Account, domain: str) -> None:
    lost = await domain_blocks.ties(tx, account_id=me.id, domain=domain)
    if not lost.followers and not lost.following:
        return
    row = Severance(core.ids.next(), me.id, domain, lost.followers, lost.following, core.clock())
    await severances.insert(tx, row)
    await notify.tell_of_oneself(core, tx, me, "severed_relationships", severance_id=row.id)


async def cut_ties(core: Core, account_id: int, domain: str) -> None:
    """End every follow and request between a member and a server."""
    me = await accounts.by_id(core.db, account_id)

    async def work(tx: Writer) -> int:
        if me is None:
            return 0
        found = await domain_blocks.tied(tx, account_id=me.id, domain=domain, limit=CUT_AT_ONCE)
        for other in found:
            await follow.end(core, tx, me, other)
            await follow.expel(core, tx, me, other)
        return len(found)

    while await core.db.write(work) == CUT_AT_ONCE:
        core.bus.publish(outbox.TOPIC)
    core.bus.publish(outbox.TOPIC)


async def unblock(core: Core, me: Account, text: str) -> None:
    """Take a block back; follows do not return by themselves."""
    domain = named(core, text)
    await core.db.write(lambda tx: domain_blocks.drop(tx, account_id=me.id, domain=domain))
