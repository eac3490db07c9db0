"""Which signature another server takes: both are knocked with, and the one that opens is remembered."""

from collections.abc import Awaitable, Callable

from starlette.types import Receive, Scope, Send

from fediserver.clock import DAY, MINUTE
from fediserver.db import hosts
from fediserver.models.account import Account
from tests.stranger import Server, Stranger
from tests.town import Town

Inbox = Callable[[Scope, Receive, Send], Awaitable[None]]


class Picky(Server):
    """A server whose inboxes take one kind of signature, and note what they saw."""

    def takes(self, scheme: str, refusal: int = 401) -> None:
        self.scheme = scheme
        self.refusal = refusal
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await super().__call__(scope, receive, send)
            return
        names = {name.decode() for name, _ in scope["headers"]}
        scheme = "rfc9421" if "signature-input" in names else "cavage"
        self.seen.append(scheme)
        status = 202 if scheme == self.scheme else self.refusal
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def follower_of(town: Town, bob: Account, scheme: str, refusal: int = 401) -> Picky:
    """A server that takes one scheme and has a follower of Bob."""
    server = Picky(town.network, "picky.example")
    server.takes(scheme, refusal)
    fan = Stranger(server, "fan")
    await fan.told(town, fan.activity("Follow", bob.uri))
    return server


async def test_a_server_that_takes_the_older_kind_is_never_asked_for_another(town: Town) -> None:
    bob = await town.account("bob")
    server = await follower_of(town, bob, "cavage")
    await town.post(bob, "one")
    await town.settle()
    assert set(server.seen) == {"cavage"}


async def test_a_server_that_takes_the_newer_kind_is_remembered_for_a_week(town: Town) -> None:
    bob = await town.account("bob")
    for refusal in (401, 400):
        server = await follower_of(town, bob, "rfc9421", refusal)
        server.seen.clear()
        await town.post(bob, f"one {refusal}")
        await town.settle()
        await town.post(bob, f"two {refusal}")
        await town.settle()
        assert server.seen == ["rfc9421", "rfc9421"]
        town.clock.advance(8 * DAY)
        await town.post(bob, f"three {refusal}")
        await town.settle()
        assert server.seen[2:] == ["cavage", "rfc9421"]


async def test_the_first_knock_is_no_failure_of_the_host(town: Town) -> None:
    bob = await town.account("bob")
    server = await follower_of(town, bob, "rfc9421")
    assert server.seen == ["cavage", "rfc9421"]
    host = await hosts.by_name(town.ctx.db, "picky.example")
    assert host is not None
    assert (host.failures, host.opened_at, host.signature_scheme) == (0, None, "rfc9421")


async def test_a_server_that_takes_neither_is_tried_again_later(town: Town) -> None:
    bob = await town.account("bob")
    server = await follower_of(town, bob, "nothing")
    assert server.seen == ["cavage", "rfc9421"]
    town.clock.advance(MINUTE)
    await town.settle()
    assert server.seen == ["cavage", "rfc9421"] * 2
    host = await hosts.by_name(town.ctx.db, "picky.example")
    assert host is not None
    assert host.failures == 2


async def test_both_kinds_are_taken_from_others(town: Town) -> None:
    bob = await town.account("bob")
    server = Server(town.network, "both.example")
    for scheme in ("cavage", "rfc9421"):
        fan = Stranger(server, f"fan_{scheme}")
        await fan.told(town, fan.activity("Follow", bob.uri), scheme=scheme)
    assert (await town.now(bob)).followers_count == 2
