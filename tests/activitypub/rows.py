"""Rows of people and posts on garden.example, for what is made from them."""

from functools import cache
from typing import Any

import msgspec

from fediserver.models.account import Account, Key
from fediserver.models.media import MediaAttachment
from fediserver.models.poll import Poll, PollOption
from fediserver.models.status import Status
from fediserver.models.uris import Uris
from fediserver.models.visibility import Visibility
from fediserver.signatures import keys

URIS = Uris("https://garden.example", "garden.example")
NOON = 1_767_348_000_000
"""2026-01-02T10:00:00Z."""


def media_url(path: str) -> str:
    return f"https://garden.example/media/{path}"


def account(username: str, *, host: str = "", **changes: Any) -> Account:
    """A person of ours, or of another host."""
    uri = f"https://{host}/users/{username}" if host else URIS.actor(username)
    row = Account(
        id=1,
        username=username,
        domain=host,
        uri=uri,
        url=f"https://{host or 'garden.example'}/@{username}",
        actor_type="Person",
        display_name=username.title(),
        note=f"<p>I am {username}.</p>",
        note_text=f"I am {username}.",
        fields='[{"name":"Site","value":"<a href=\\"https://a.example\\" rel=\\"nofollow noopener me\\" '
        'target=\\"_blank\\">a.example</a>","verified_at":null}]',
        emojis='[{"shortcode":"bean","path":"e/bean.png"}]',
        avatar="a/face.png",
        header="a/top.jpg",
        inbox=f"{uri}/inbox",
        shared_inbox=f"https://{host or 'garden.example'}/inbox",
        outbox=f"{uri}/outbox",
        host_id=None,
        followers_uri=f"{uri}/followers",
        following_uri=f"{uri}/following",
        featured_uri=f"{uri}/collections/featured",
        aliases='["https://old.example/users/me"]',
        moved_to_id=None,
        locked=False,
        bot=False,
        discoverable=True,
        indexable=True,
        hide_collections=False,
        statuses_count=0,
        followers_count=0,
        following_count=0,
        last_status_at=None,
        created_at=NOON,
        refreshed_at=0,
        suspended_at=None,
        silenced_at=None,
        deleted_at=None,
        version=1,
    )
    return msgspec.structs.replace(row, **changes)


ALICE = account("alice")
BOB = account("bob", host="bob.example")
GARDENERS = account("gardeners", actor_type="Group")


def status(author: Account = ALICE, **changes: Any) -> Status:
    """A public post of Alice's."""
    row = Status(
        id=117,
        uri=URIS.status(author.username, 117),
        url="",
        account_id=author.id,
        object_type="Note",
        visibility=Visibility.PUBLIC,
        in_reply_to_id=None,
        in_reply_to_account_id=None,
        in_reply_to_uri=None,
        reblog_of_id=None,
        conversation_id=117,
        context_uri=None,
        group_id=None,
        sensitive=False,
        spoiler_text="",
        content="<p>Hello</p>",
        text="Hello",
        language="en",
        name="",
        mentions="[]",
        tags='["beans"]',
        emojis="[]",
        media_count=0,
        poll_id=None,
        application_id=None,
        replies_count=0,
        reblogs_count=0,
        favourites_count=2,
        created_at=NOON,
        edited_at=None,
        version=1,
    )
    return msgspec.structs.replace(row, **changes)


PHOTO = MediaAttachment(
    id=5,
    account_id=1,
    status_id=117,
    position=0,
    kind="image",
    mime="image/jpeg",
    path="m/beans.jpg",
    preview_path="m/small.jpg",
    remote_url="",
    description="Beans on a table",
    blurhash="UBL_:rOpGG-;~qRjRjof",
    meta='{"original":{"width":800,"height":600},"small":{"width":400,"height":300},"focus":{"x":0.0,"y":-0.25}}',
    bytes=1234,
    created_at=NOON,
)


def poll(**changes: Any) -> tuple[Poll, list[PollOption]]:
    """Tea or coffee, 3 to 2."""
    row = Poll(
        id=9,
        status_id=117,
        multiple=False,
        hide_totals=False,
        voters_count=5,
        expires_at=NOON + 3_600_000,
        closed_at=None,
    )
    options = [
        PollOption(poll_id=9, position=1, title="Coffee", votes_count=2),
        PollOption(poll_id=9, position=0, title="Tea & <milk>", votes_count=3),
    ]
    return msgspec.structs.replace(row, **changes), options


@cache
def key_rows(uri: str) -> tuple[Key, ...]:
    """An RSA and an Ed25519 key."""
    return tuple(
        Key(
            id=f"{uri}#{name}",
            account_id=1,
            algorithm=algorithm,
            public_pem=pair.public_pem,
            private_pem=pair.private_pem,
            fetched_at=0,
        )
        for name, algorithm, pair in (
            ("main-key", "rsa", keys.generate_rsa()),
            ("ed25519-key", "ed25519", keys.generate_ed25519()),
        )
    )
