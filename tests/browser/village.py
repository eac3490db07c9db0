"""What the browser's node holds: people, groups, and posts of every kind that a page can show."""

import io
from typing import Any, NamedTuple

import httpx
import msgspec
from PIL import Image

from fediserver.actions import profile, register, sessions
from fediserver.db import accounts, media, statuses
from fediserver.db.database import Writer
from fediserver.db.query import Query
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from tests.garden import PASSWORD, unlisted
from tests.town import Town

SUSPEND = unlisted("update accounts set suspended_at = 1 where id = :id")
DELETE = unlisted("update accounts set deleted_at = 1 where id = :id")
# Blossom in leaves, more or less.
BLURHASH = "LGF5?xYk^6#M@-5c,1J5@[or[Q6."


class Village(NamedTuple):
    """Paths of the pages."""

    thread: str
    reply: str
    from_afar: str
    deleted: str


async def settle_in(town: Town) -> Village:
    """Make everybody and everything."""
    alice, bob = await person(town, "alice"), await person(town, "bob")
    group = await town.group("orchard", owner=alice, title="The Orchard")
    await _dress(town, alice, group)
    as_alice, as_bob = await town.client(alice), await town.client(bob)
    pictures = [await _upload(as_alice, colour, text) for colour, text in _PICTURES]
    first = await _post(as_alice, "Blossom time! Who brings a ladder? #orchard", media_ids=pictures)
    reply = await _post(as_bob, "@alice I do, and https://ladders.example/", in_reply_to_id=first["id"])
    await _post(as_alice, "@bob Thank you!", in_reply_to_id=reply["id"])
    await _post(as_bob, "@alice Wasps", in_reply_to_id=first["id"], spoiler_text="Insects")
    veiled = {"media_ids": [await _upload(as_bob, "maroon", "")], "sensitive": True}
    await _post(as_bob, "@alice Look at this", in_reply_to_id=first["id"], **veiled)
    from_afar = await _reply_from_afar(town, int(first["id"]))
    poll = {"options": ["Saturday", "Sunday morning"], "expires_in": 3600, "multiple": False}
    asked = await _post(await town.client(group), "When do we meet? #orchard", poll=poll)
    await _do(as_bob, f"/api/v1/polls/{asked['poll']['id']}/votes", choices=[1])
    await _do(as_alice, f"/api/v1/statuses/{asked['id']}/reblog")
    await _do(as_bob, f"/api/v1/statuses/{first['id']}/favourite")
    await _do(as_alice, f"/api/v1/statuses/{first['id']}/pin")
    gone = await _post(as_alice, "a slip of the spade")
    await as_alice.delete(f"/api/v1/statuses/{gone['id']}")
    for name, fate in (("mallory", SUSPEND), ("trudy", DELETE)):
        row = await person(town, name)
        await _meet(town, row, fate)
    return Village(
        thread=f"/@alice/{first['id']}",
        reply=f"/@bob/{reply['id']}",
        from_afar=from_afar,
        deleted=f"/@alice/{gone['id']}",
    )


async def person(town: Town, name: str, **changes: Any) -> Account:
    """Somebody who may log in with PASSWORD."""
    wanted = {"password": PASSWORD, "locale": "en", "confirmed": True, "approved": True, **changes}
    return await register.register(town.ctx, name=name, email=f"{name}@mail.example", **wanted)


async def password_path(town: Town, account: Account) -> str:
    """Where a one-time link leads."""
    return f"/auth/password/{await sessions.make_link(town.ctx, account)}"


async def _meet(town: Town, row: Account, fate: Query) -> None:
    await town.ctx.db.write(lambda tx: tx.run(fate, id=row.id))


_PICTURES = (("darkseagreen", "Rows of apple trees"), ("khaki", "A ladder"), ("salmon", "A basket"))


async def _dress(town: Town, alice: Account, group: Account) -> None:
    change = profile.ProfileChange(
        display_name="Alice of the leeks",
        note="I look after the *beds* by the river.\n\nhttps://leeks.example/ #leeks",
        fields=[("Where", "By the river"), ("Web", "https://leeks.example/")],
    )
    await profile.update(town.ctx, alice, change)
    group_change = profile.ProfileChange(display_name="The Orchard", note="Apples, pears and company.")
    await profile.update(town.ctx, group, group_change)


async def _post(client: httpx.AsyncClient, text: str, **fields: Any) -> dict[str, Any]:
    return await _do(client, "/api/v1/statuses", status=text, language="en", **fields)


async def _do(client: httpx.AsyncClient, path: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(path, json=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _upload(client: httpx.AsyncClient, colour: str, text: str) -> str:
    file = io.BytesIO()
    Image.new("RGB", (320, 200), colour).save(file, "PNG")
    picture = {"file": ("picture.png", file.getvalue(), "image/png")}
    answer = await client.post("/api/v2/media", files=picture, data={"description": text})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def _reply_from_afar(town: Town, first: int) -> str:
    """A post of another server's member with a picture of which only the blurhash is here."""
    alike = await accounts.by_handle(town.ctx.db, "bob")
    answered = await statuses.by_id(town.ctx.db, first)
    assert alike is not None
    assert answered is not None
    paths: dict[str, str] = {}

    async def write(tx: Writer) -> None:
        wanted = [
            (town.ctx.ids.next(), "https://elm.example/1.png", "attachment", BLURHASH),
            (town.ctx.ids.next(), "https://elm.example/zoe.png", "avatar", ""),
        ]
        paths.update(await media.remote_paths(tx, wanted))
        await accounts.insert(tx, author(paths["https://elm.example/zoe.png"]))
        await statuses.insert(tx, status)
        await media.insert(tx, attachment(paths["https://elm.example/1.png"]))

    author_id, status_id = town.ctx.ids.next(), town.ctx.ids.next()

    def author(avatar: str) -> Account:
        return msgspec.structs.replace(
            alike,
            id=author_id,
            username="zoe",
            domain="elm.example",
            display_name="Zoë",
            uri="https://elm.example/users/zoe",
            url="https://elm.example/@zoe",
            avatar=avatar,
        )

    def attachment(path: str) -> MediaAttachment:
        return MediaAttachment(
            town.ctx.ids.next(), author_id, status_id, 0, "image", "image/png", path, "",
            "https://elm.example/1.png", "Our ladder", BLURHASH, '{"original": {"width": 600, "height": 400}}',
            0, town.clock(),
        )  # fmt: skip

    status = msgspec.structs.replace(
        answered,
        id=status_id,
        uri="https://elm.example/notes/1",
        url="https://elm.example/@zoe/1",
        account_id=author_id,
        in_reply_to_id=first,
        in_reply_to_account_id=answered.account_id,
        content="<p>Ours is longer.</p>",
        text=None,
        tags="[]",
        replies_count=0,
        media_count=1,
    )
    await town.ctx.db.write(write)
    return "https://elm.example/@zoe/1"
