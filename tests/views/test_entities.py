"""Entities of rows: what is remembered, and what depends on who looks."""

from typing import Any

import msgspec
import orjson

from fediserver.db import accounts as account_rows
from fediserver.db import media, statuses
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status
from fediserver.views import media_keys
from fediserver.views.entities import accounts
from fediserver.views.entities import statuses as entities
from tests.entity_checker import check
from tests.town import Town


async def remote_account(town: Town, alike: Account, **changes: Any) -> Account:
    """Somebody of another server, as the resolver would have put them there."""
    row = msgspec.structs.replace(
        alike,
        id=town.ctx.ids.next(),
        username="zoe",
        domain="elm.example",
        uri="https://elm.example/users/zoe",
        url="",
        avatar="remote/41",
        emojis='[{"shortcode": "leek", "path": "remote/42"}]',
        fields='[{"name": "Web", "value": "<a>x</a>", "verified_at": 1790000000000}]',
        **changes,
    )
    await town.ctx.db.write(lambda tx: account_rows.insert(tx, row))
    return row


async def remote_status(town: Town, author: Account, **changes: Any) -> Status:
    status_id = town.ctx.ids.next()
    local = await town.post(author, "to copy")
    row = msgspec.structs.replace(
        local,
        id=status_id,
        uri=f"https://elm.example/notes/{status_id}",
        url="",
        text=None,
        mentions='[{"id": 7, "username": "x", "acct": "x@elm.example", "url": "https://elm.example/@x"}]',
        media_count=1,
        conversation_id=status_id,
        **changes,
    )
    file = MediaAttachment(
        id=town.ctx.ids.next(),
        account_id=author.id,
        status_id=status_id,
        position=0,
        kind="image",
        mime="image/png",
        path="remote/43",
        preview_path="remote/43",
        remote_url="https://elm.example/43.png",
        description="",
        blurhash="",
        meta="{}",
        bytes=0,
        created_at=town.clock(),
    )

    async def work(tx: Any) -> None:
        await statuses.insert(tx, row)
        await media.insert(tx, file)

    await town.ctx.db.write(work)
    return row


async def test_members_get_keys_to_remote_files_and_strangers_do_not(town: Town) -> None:
    alice = await town.account("alice")
    zoe = await remote_account(town, alice)
    status = await remote_status(town, alice)
    key = media_keys.key(town.ctx.secret, 41)
    base = "https://oak.example/media/remote"
    for _ in range(2):
        seen = orjson.loads(bytes(await accounts.account(town.ctx, zoe, alice.id)))
        assert seen["avatar"] == f"{base}/41?key={key}"
        assert seen["emojis"][0]["url"].startswith(f"{base}/42?key=")
        public = orjson.loads(bytes(await accounts.account(town.ctx, zoe, None)))
        assert public["avatar"] == f"{base}/41"
        shown = orjson.loads(bytes(await entities.status(town.ctx, status, None)))
        assert shown["media_attachments"][0]["url"] == f"{base}/43"
    assert (seen["acct"], seen["url"]) == ("zoe@elm.example", "https://elm.example/users/zoe")
    assert seen["fields"][0]["verified_at"] == "2026-09-21T14:13:20.000Z"
    assert "noindex" not in seen
    assert shown["mentions"][0]["id"] == "7"
    assert shown["url"] == status.uri
    check("Account", seen)
    check("Status", shown)


async def test_who_moved_points_at_where_they_went(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    moved = msgspec.structs.replace(await town.now(alice), moved_to_id=bob.id)
    await town.ctx.db.write(lambda tx: account_rows.update(tx, moved))
    for name in ("Bob", "Robert"):
        renamed = msgspec.structs.replace(await town.now(bob), display_name=name)
        await town.ctx.db.write(lambda tx, row=renamed: account_rows.update(tx, row))  # type: ignore[misc]
        seen = orjson.loads(bytes(await accounts.account(town.ctx, await town.now(alice), None)))
        assert seen["moved"]["display_name"] == name
        assert "moved" not in seen["moved"]


async def test_a_list_holds_what_its_viewer_did(town: Town) -> None:
    alice, bob = [await town.account(name) for name in ("alice", "bob")]
    status = await town.post(alice, "hello")
    own = orjson.loads(bytes(await entities.status(town.ctx, status, alice.id)))
    others = orjson.loads(bytes(await entities.status(town.ctx, status, bob.id)))
    strangers = orjson.loads(bytes(await entities.status(town.ctx, status, None)))
    assert own["pinned"] is False
    assert "pinned" not in others
    assert others["favourited"] is False
    assert "favourited" not in strangers
    assert own | {"pinned": None} == others | {"pinned": None}


async def test_a_change_of_the_row_is_a_change_of_the_entity(town: Town) -> None:
    alice = await town.account("alice")
    status = await town.post(alice, "hello")
    before = orjson.loads(bytes(await entities.status(town.ctx, status, None)))
    await town.ctx.db.write(lambda tx: statuses.count(tx, status.id, favourites=3))
    after = orjson.loads(bytes(await entities.status(town.ctx, status, None)))
    assert (before["favourites_count"], after["favourites_count"]) == (0, 3)


async def test_what_is_gone_is_left_out(town: Town) -> None:
    alice = await town.account("alice")
    one, two = [await town.post(alice, text) for text in ("one", "two")]
    await town.ctx.db.write(lambda tx: statuses.delete(tx, one.id))
    assert len(await entities.statuses(town.ctx, [one, two], alice.id)) == 1
    assert await entities.by_ids(town.ctx, [], None) == []
    assert await accounts.by_ids(town.ctx, [7, alice.id], None) == [
        await accounts.account(town.ctx, await town.now(alice), None)
    ]
