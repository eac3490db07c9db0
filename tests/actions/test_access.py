import pytest

from fediserver.actions import access, register, sessions
from fediserver.actions.access import Denied
from fediserver.clock import DAY, SECOND
from fediserver.db import access as rows
from fediserver.db import accounts
from fediserver.errors import Forbidden, Invalid
from fediserver.models.oauth import Application
from tests.garden import Garden, unlisted

BACK = "https://app.example/back"
SUSPEND = unlisted("update accounts set suspended_at = 1 where id = :id")
TABLES = [
    unlisted(f"select * from {name}")
    for name in ("applications", "access_tokens", "authorization_codes", "sessions", "one_time_links")
]


async def registered(garden: Garden, scopes: str = "read write") -> Application:
    made = await access.register_application(
        garden.core, name="Spade", redirect_uris=[BACK], scopes_asked=scopes
    )
    return made.application


async def test_only_hashes_are_stored(garden: Garden) -> None:
    alice = await garden.account("alice")
    made = await access.register_application(garden.core, name="Spade", redirect_uris=[BACK])
    code = await access.authorize(
        garden.core,
        application=made.application,
        member=alice,
        act_as=alice,
        redirect_uri=BACK,
        granted=("read",),
        challenge="",
    )
    issued = await access.client_credentials(garden.core, application=made.application, asked="")
    session = await garden.session(alice)
    link = await sessions.make_link(garden.core, alice)
    stored = "".join([str(await garden.core.db.rows(every)) for every in TABLES])
    for secret in (made.secret, code, issued.token, session, link):
        assert secret not in stored
        assert access.hashed(secret) in stored


async def test_scopes_that_are_asked_for_are_settled(garden: Garden) -> None:
    broad, narrow = await registered(garden), await registered(garden, "write:media push")
    assert access.settled_scopes(broad, "") == ("read",)
    assert access.settled_scopes(narrow, "") == ("write:media", "push")
    assert access.settled_scopes(broad, "read:search write:media") == ("read:search", "write:media")
    for asked in ("push", "read nonsense", "follow"):
        with pytest.raises(Denied) as caught:
            access.settled_scopes(broad, asked)
        assert caught.value.code == "invalid_scope"


async def test_challenges_are_of_s256(garden: Garden) -> None:
    assert access.settled_challenge("", "plain") == ""
    assert access.settled_challenge("c" * 43, "S256") == "c" * 43
    for challenge, method in (("c" * 43, ""), ("c" * 43, "plain"), ("c" * 42, "S256"), ("!" * 43, "S256")):
        with pytest.raises(Denied) as caught:
            access.settled_challenge(challenge, method)
        assert caught.value.code == "invalid_request"


async def test_nobody_authenticates_without_the_secret(garden: Garden) -> None:
    made = await access.register_application(garden.core, name="Spade", redirect_uris=[BACK])
    found = await access.authenticate(garden.core, made.application.client_id, made.secret)
    assert found == made.application
    for client_id, secret in (
        (made.application.client_id, ""),
        (made.application.client_id, "wrong"),
        ("", ""),
        ("nobody", made.secret),
    ):
        with pytest.raises(Denied) as caught:
            await access.authenticate(garden.core, client_id, secret)
        assert caught.value.code == "invalid_client"


async def test_a_token_in_use_is_noted_once_a_day(garden: Garden) -> None:
    alice = await garden.account("alice")
    application = await registered(garden)
    issued = await access.issue_token(
        garden.core, application=application, account=alice, user_id=alice.id, granted=("read",)
    )
    assert issued.row.last_used_at is None
    await access.holder(garden.core, issued.token)
    first = garden.clock.now
    garden.clock.advance(DAY)
    await access.holder(garden.core, issued.token)
    row = await rows.token(garden.core.db, issued.row.token_hash)
    user = await accounts.user(garden.core.db, alice.id)
    assert row is not None
    assert user is not None
    assert row.last_used_at == user.last_seen_at == first
    garden.clock.advance(1)
    await access.holder(garden.core, issued.token)
    row = await rows.token(garden.core.db, issued.row.token_hash)
    assert row is not None
    assert row.last_used_at == garden.clock.now


async def test_a_later_password_ends_tokens_and_the_first_does_not(garden: Garden) -> None:
    bob = await garden.account("bob", password="")
    application = await registered(garden)
    issued = await access.issue_token(
        garden.core, application=application, account=bob, user_id=bob.id, granted=("read",)
    )
    link = await sessions.make_link(garden.core, bob)
    await sessions.choose_password(garden.core, link, "first password")
    assert await access.holder(garden.core, issued.token) is not None
    link = await sessions.make_link(garden.core, bob)
    await sessions.choose_password(garden.core, link, "second password")
    assert await access.holder(garden.core, issued.token) is None


async def test_a_refused_password_leaves_the_link_good(garden: Garden) -> None:
    alice = await garden.account("alice")
    link = await sessions.make_link(garden.core, alice)
    with pytest.raises(Invalid):
        await sessions.choose_password(garden.core, link, "short")
    assert (await sessions.choose_password(garden.core, link, "long enough")).id == alice.id


async def test_remembered_tokens_are_bounded_and_writes_see_fresh_rows(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fediserver.web.auth.TOKENS", 2)
    alice = await garden.account("alice")
    application = await registered(garden)
    tokens = garden.access.tokens
    made = [
        await access.issue_token(
            garden.core, application=application, account=alice, user_id=alice.id, granted=("read",)
        )
        for _ in range(4)
    ]
    for issued in made:
        await tokens.grant(issued.token)
    assert len(tokens._kept) == 2
    first = await tokens.grant(made[3].token)
    assert await tokens.grant(made[3].token) is first
    assert await tokens.grant(made[3].token, fresh=True) is not first
    assert len(tokens._kept) == 0
    assert not tokens._of_account


async def test_a_suspended_speaker_loses_the_groups_voice(garden: Garden) -> None:
    alice = await garden.account("alice")
    group = await register.create_group(garden.core, name="orchard", title="The Orchard", owner=alice)
    issued = await access.issue_token(
        garden.core,
        application=await registered(garden),
        account=group,
        user_id=alice.id,
        granted=("read",),
    )
    assert (await garden.access.tokens.grant(issued.token)).viewer().id == group.id
    await garden.core.db.write(lambda tx: tx.run(SUSPEND, id=alice.id))
    garden.clock.advance(2 * SECOND)
    with pytest.raises(Forbidden):
        (await garden.access.tokens.grant(issued.token)).viewer()
