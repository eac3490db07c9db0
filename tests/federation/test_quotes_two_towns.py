"""Quotes from town to town, both of them ours: consent by policy, refused, taken back, and what readers see of it."""

from typing import Any

import pytest

from fediserver.actions import delete, edit
from fediserver.actions.edit import Revision
from fediserver.activitypub import resolve
from fediserver.activitypub.vocabulary import CONTENT_TYPE
from fediserver.models.account import Account
from fediserver.models.status import Status
from fediserver.models.visibility import QuotePolicy
from tests.conftest import OpenTown
from tests.federation.test_two_towns import followed
from tests.town import Town, settle
from tests.web.streaming.wire import socket


class Towns:
    """alice of oak follows bob of elm; carol of fir, of a town of her own, follows alice."""

    def __init__(self, oak: Town, elm: Town, fir: Town) -> None:
        self.oak, self.elm, self.fir = oak, elm, fir
        self.alice: Account
        self.bob: Account
        self.carol: Account

    async def open(self) -> None:
        self.alice, self.bob, self.carol = (
            await self.oak.account("alice"),
            await self.elm.account("bob"),
            await self.fir.account("carol"),
        )
        await followed(self.oak, self.alice, self.elm, self.bob)
        await followed(self.fir, self.carol, self.oak, self.alice)

    async def settle(self) -> None:
        await settle(self.oak, self.elm, self.fir)

    async def posted(self, policy: QuotePolicy = QuotePolicy.PUBLIC) -> Status:
        """A post of bob's that has come to oak."""
        post = await self.elm.post(self.bob, "plant leeks", quote_policy=policy)
        await self.settle()
        return post

    async def quoted(self, post: Status) -> Status:
        """alice quotes a post of bob's; everything that comes of it has come."""
        copy = await self.oak.status(post.uri)
        assert copy is not None
        made = await self.oak.post(self.alice, "so true", quoted_id=copy.id)
        await self.settle()
        return made

    async def seen(self, post: Status) -> list[Any]:
        """The quote of a post as alice, bob and carol are shown it, each at home: its state, and what is quoted."""
        found = []
        for town, viewer in ((self.oak, self.alice), (self.elm, self.bob), (self.fir, self.carol)):
            entity = await self.shown(town, viewer, post.uri)
            quote = entity["quote"] if entity else None
            quoted = quote and quote["quoted_status"]
            found.append(quote and (quote["state"], quoted and quoted["uri"]))
        return found

    async def shown(self, town: Town, viewer: Account, uri: str) -> Any:
        status = await town.status(uri)
        if status is None:
            return None
        return (await (await town.client(viewer)).get(f"/api/v1/statuses/{status.id}")).json()

    async def told(self, town: Town, viewer: Account) -> list[str]:
        """The kinds of a member's notifications, latest first."""
        told = (await (await town.client(viewer)).get("/api/v1/notifications")).json()
        return [one["type"] for one in told]


@pytest.fixture
async def towns(open_town: OpenTown) -> Towns:
    made = Towns(*[await open_town(f"{name}.example") for name in ("oak", "elm", "fir")])
    await made.open()
    return made


async def test_a_quote_with_consent_is_seen_in_all_three_towns(towns: Towns) -> None:
    post = await towns.posted()
    made = await towns.quoted(post)
    assert await towns.seen(made) == [("accepted", post.uri)] * 3
    assert (await towns.told(towns.elm, towns.bob))[0] == "quote"
    assert (await towns.shown(towns.elm, towns.bob, post.uri))["quotes_count"] == 1
    client = await towns.oak.client()
    document = (await client.get(made.uri, headers={"accept": CONTENT_TYPE})).json()
    assert document["quoteAuthorization"].startswith("https://elm.example/users/bob/quote_authorizations/")


async def test_whom_the_policy_leaves_out_is_told_before_they_ask(towns: Towns) -> None:
    post = await towns.posted(QuotePolicy.FOLLOWERS)
    dave = await towns.oak.account("dave")
    copy = await towns.oak.status(post.uri)
    assert copy is not None
    client = await towns.oak.client(dave)
    seen = (await client.get(f"/api/v1/statuses/{copy.id}")).json()["quote_approval"]
    assert seen == {"automatic": ["followers"], "manual": [], "current_user": "denied"}
    answer = await client.post("/api/v1/statuses", json={"status": "x", "quoted_status_id": str(copy.id)})
    assert answer.status_code == 422
    # alice follows bob, who consents.
    assert await towns.seen(await towns.quoted(post)) == [("accepted", post.uri)] * 3


async def test_a_policy_that_has_changed_meanwhile_refuses(towns: Towns) -> None:
    post = await towns.posted()
    towns.oak.network.down.add("oak.example")
    client = await towns.elm.client(towns.bob)
    wish = {"quote_approval_policy": "nobody"}
    await client.put(f"/api/v1/statuses/{post.id}/interaction_policy", json=wish)
    await towns.elm.settle()
    towns.oak.network.down.clear()
    made = await towns.quoted(post)
    assert (await towns.seen(made))[0] == ("rejected", None)
    assert (await towns.seen(made))[2] == ("pending", None)
    assert "quote" not in await towns.told(towns.elm, towns.bob)
    towns.oak.clock.advance(60_000)
    await towns.settle()
    assert (await towns.shown(towns.oak, towns.alice, post.uri))["quote_approval"]["automatic"] == []


async def test_consent_that_is_taken_back_is_gone_in_all_three_towns(towns: Towns) -> None:
    made = await towns.quoted(post := await towns.posted())
    there = await towns.elm.status(made.uri)
    assert there is not None
    client = await towns.elm.client(towns.bob)
    answer = await client.post(f"/api/v1/statuses/{post.id}/quotes/{there.id}/revoke")
    assert answer.json()["quote"] == {"state": "revoked", "quoted_status": None}
    await towns.settle()
    at_oak, at_elm, at_fir = await towns.seen(made)
    assert at_oak == at_elm == at_fir == ("revoked", None)
    copy = await towns.oak.status(post.uri)
    assert copy is not None
    assert copy.quotes_count == 0


async def test_a_new_version_of_what_is_quoted_is_told_and_shown(towns: Towns) -> None:
    post = await towns.posted()
    made = await towns.quoted(post)
    towns.elm.clock.advance(1000)
    await edit.edit(towns.elm.ctx, towns.bob, post, Revision(text="plant more leeks"))
    await towns.settle()
    assert (await towns.told(towns.oak, towns.alice))[0] == "quoted_update"
    entity = await towns.shown(towns.oak, towns.alice, made.uri)
    assert "more leeks" in entity["quote"]["quoted_status"]["content"]


async def test_what_was_quoted_and_is_deleted(towns: Towns) -> None:
    post = await towns.posted()
    made = await towns.quoted(post)
    await delete.delete(towns.elm.ctx, towns.bob, post)
    await towns.settle()
    at_oak, at_elm, _ = await towns.seen(made)
    assert at_oak == at_elm == ("deleted", None)


async def test_the_state_is_the_viewers_for_other_servers_posts_too(towns: Towns) -> None:
    made = await towns.quoted(await towns.posted())
    client = await towns.fir.client(towns.carol)
    bob = await towns.fir.known("bob@elm.example")

    async def state() -> tuple[str, bool]:
        quote = (await towns.shown(towns.fir, towns.carol, made.uri))["quote"]
        return quote["state"], quote["quoted_status"] is not None

    assert await state() == ("accepted", True)
    await client.post(f"/api/v1/accounts/{bob.id}/mute")
    assert await state() == ("muted_account", True)
    await client.post("/api/v1/domain_blocks", json={"domain": "elm.example"})
    assert await state() == ("blocked_domain", True)
    await client.post(f"/api/v1/accounts/{bob.id}/block")
    assert await state() == ("blocked_account", True)


async def test_the_answer_is_heard_in_streams(towns: Towns) -> None:
    copy = await towns.oak.status((await towns.posted()).uri)
    assert copy is not None
    async with socket(towns.oak, towns.alice, stream="user") as stream:
        await stream.in_step()
        made = await towns.oak.post(towns.alice, "so true", quoted_id=copy.id)
        assert (await stream.hears("update", "user"))["quote"]["state"] == "pending"
        await towns.settle()
        heard = await stream.hears("status.update", "user")
        assert (heard["id"], heard["quote"]["state"]) == (str(made.id), "accepted")


async def test_a_quote_that_somebody_looks_up_comes_with_what_it_quotes(
    towns: Towns, open_town: OpenTown
) -> None:
    post = await towns.posted()
    made = await towns.quoted(post)
    ash = await open_town("ash.example")
    dave = await ash.account("dave")
    found = await resolve.by_url(ash.ctx, made.uri, dave)
    assert isinstance(found, Status)
    await settle(ash, towns.oak, towns.elm)
    quote = (await towns.shown(ash, dave, made.uri))["quote"]
    assert (quote["state"], quote["quoted_status"]["uri"]) == ("accepted", post.uri)
