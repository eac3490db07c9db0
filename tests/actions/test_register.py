from typing import Any

import pytest

from fediserver.actions import passwords, register, sessions
from fediserver.actions.sign_up import sign_up
from fediserver.db import accounts, relationships
from fediserver.db.database import Writer
from fediserver.errors import Forbidden, Invalid, Unavailable
from fediserver.signatures import keys
from tests.garden import PASSWORD, Garden


async def test_a_new_member_has_addresses_keys_and_a_log_in(garden: Garden) -> None:
    alice = await garden.account("Alice")
    assert alice.username == "alice"
    assert alice.domain == ""
    assert alice.uri == "http://localhost:8001/users/alice"
    assert alice.url == "http://localhost:8001/@alice"
    assert alice.actor_type == "Person"
    assert not alice.locked
    stored = await accounts.by_handle(garden.core.db, "ALICE")
    assert stored == alice
    found = await accounts.keys(garden.core.db, alice.id)
    assert {key.id: key.algorithm for key in found} == {
        f"{alice.uri}#main-key": "rsa",
        f"{alice.uri}#ed25519-key": "ed25519",
    }
    for key in found:
        assert key.private_pem is not None
        signature = keys.load_private(key.private_pem).sign(b"soil")
        assert keys.load_public(key.public_pem).verify(signature, b"soil")
    user = await accounts.user(garden.core.db, alice.id)
    assert user is not None
    assert user.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert user.confirmed_at == user.approved_at == garden.clock.now


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "ERR_BLANK"),
        ("a b", "ERR_INVALID"),
        ("x" * 31, "ERR_INVALID"),
        ("böb", "ERR_INVALID"),
        ("bob.bobson", "ERR_INVALID"),
        ("a-b", "ERR_INVALID"),
        ("bob\n", "ERR_TAKEN"),
        ("admin", "ERR_RESERVED"),
        ("Instance", "ERR_RESERVED"),
        ("BOB", "ERR_TAKEN"),
    ],
)
async def test_names_that_will_not_do(garden: Garden, name: str, code: str) -> None:
    await garden.account("bob")
    with pytest.raises(Invalid) as caught:
        await register.register(
            garden.core,
            name=name,
            email="other@example.org",
            password="long enough",
            locale="en",
            confirmed=True,
            approved=True,
        )
    assert caught.value.details["username"][0][0] == code
    assert str(caught.value)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"email": ""}, "email", "ERR_BLANK"),
        ({"email": "nowhere"}, "email", "ERR_INVALID"),
        ({"email": "a@b@c"}, "email", "ERR_INVALID"),
        ({"email": "x" * 255 + "@example.org"}, "email", "ERR_INVALID"),
        ({"email": "BOB@example.org"}, "email", "ERR_TAKEN"),
        ({"password": "short"}, "password", "ERR_TOO_SHORT"),
        ({"password": "x" * 257}, "password", "ERR_TOO_LONG"),
        ({"reason": "x" * 1001}, "reason", "ERR_TOO_LONG"),
        ({"role": "king"}, "role", "ERR_INCLUSION"),
    ],
)
async def test_each_field_has_its_rule(
    garden: Garden, changes: dict[str, Any], field: str, code: str
) -> None:
    await garden.account("bob")
    wanted: dict[str, Any] = {"name": "carol", "email": "carol@example.org", "password": "long enough"}
    with pytest.raises(Invalid) as caught:
        await register.register(
            garden.core, **(wanted | {"locale": "en", "confirmed": True, "approved": True} | changes)
        )
    assert caught.value.details[field][0][0] == code


async def test_people_with_a_task_may_have_its_name(garden: Garden) -> None:
    owner = await garden.account("owner", role="owner")
    user = await accounts.user(garden.core.db, owner.id)
    assert user is not None
    assert user.role == "owner"
    with pytest.raises(Invalid):
        await garden.account("fediserver", role="owner")


async def test_people_and_groups_share_the_names(garden: Garden) -> None:
    alice = await garden.account("alice")
    group = await register.create_group(garden.core, name="Orchard", title=" The  Orchard ", owner=alice)
    assert (group.username, group.display_name, group.actor_type) == ("orchard", "The Orchard", "Group")
    member = await accounts.member(garden.core.db, group.id, alice.id)
    assert member is not None
    assert member.role == "owner"
    assert await relationships.follow(garden.core.db, alice.id, group.id) is not None
    counted = [await accounts.by_id(garden.core.db, account_id) for account_id in (alice.id, group.id)]
    assert [one and (one.following_count, one.followers_count) for one in counted] == [(1, 0), (0, 1)]
    assert await accounts.user(garden.core.db, group.id) is None
    assert len(await accounts.keys(garden.core.db, group.id)) == 2
    for name in ("alice", "orchard"):
        with pytest.raises(Invalid) as caught:
            await register.create_group(garden.core, name=name, title="Again", owner=alice)
        assert caught.value.details["username"][0][0] == "ERR_TAKEN"
    with pytest.raises(Invalid):
        await garden.account("orchard")
    with pytest.raises(Invalid) as caught:
        await register.create_group(garden.core, name="mill", title=" ", owner=alice)
    assert caught.value.details["display_name"][0][0] == "ERR_BLANK"


async def test_the_slower_of_two_with_one_name_hears_that_it_is_taken(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = register.new_account

    async def overtaken(*args: Any, **named: Any) -> Any:
        monkeypatch.setattr(register, "new_account", made)
        await garden.account("alice")
        return await made(*args, **named)

    monkeypatch.setattr(register, "new_account", overtaken)
    with pytest.raises(Invalid) as caught:
        await garden.account("alice")
    assert {code for found in caught.value.details.values() for code, _ in found} == {"ERR_TAKEN"}


async def test_open_sign_up_without_mail_is_usable_at_once(garden: Garden) -> None:
    await sign_up(garden.core, name="alice", email="a@example.org", password="long enough", address="")
    account, user = await sessions.log_in(await sessions.meant(garden.core, "alice"), "long enough")
    assert account.username == "alice"
    assert user.email == "a@example.org"


async def test_sign_up_by_approval_needs_a_reason_and_waits(garden: Garden) -> None:
    garden.reconfigure(registrations="approval")
    with pytest.raises(Invalid) as caught:
        await sign_up(garden.core, name="alice", email="a@example.org", password="long enough", address="")
    assert caught.value.details["reason"][0][0] == "ERR_BLANK"
    await sign_up(
        garden.core, name="alice", email="a@example.org", password="long enough", address="", reason="leeks"
    )
    with pytest.raises(Forbidden, match="approval"):
        await sessions.log_in(await sessions.meant(garden.core, "alice"), "long enough")


@pytest.mark.parametrize("registrations", ["closed", "invite"])
async def test_closed_doors_stay_closed(garden: Garden, registrations: str) -> None:
    garden.reconfigure(registrations=registrations)
    with pytest.raises(Forbidden):
        await sign_up(garden.core, name="alice", email="a@example.org", password="long enough", address="")


async def test_a_password_is_needed_to_sign_up(garden: Garden) -> None:
    with pytest.raises(Invalid) as caught:
        await sign_up(garden.core, name="alice", email="a@example.org", password="", address="")
    assert caught.value.details["password"][0][0] == "ERR_BLANK"


async def test_passwords_match_only_themselves() -> None:
    kept = await passwords.hashed("wide beds of leeks")
    assert await passwords.matches("wide beds of leeks", kept)
    for wrong in ("wide beds of leek", "", "x" * 10_000):
        assert not await passwords.matches(wrong, kept)
    for absent in (None, "", "not a hash"):
        assert not await passwords.matches("wide beds of leeks", absent)


async def test_only_so_many_checks_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING", 0)
    with pytest.raises(Unavailable):
        await passwords.matches("x", None)


async def test_a_log_in_that_was_disabled_says_so_to_its_owner_only(garden: Garden) -> None:
    alice = await garden.account("alice", approved=False)
    with pytest.raises(Invalid):
        await sessions.log_in(await sessions.meant(garden.core, "alice"), "wrong")
    with pytest.raises(Forbidden):
        await sessions.log_in(await sessions.meant(garden.core, "alice"), "a quiet bed of leeks")
    token = await garden.session(alice)
    assert await sessions.session(garden.core, token) is None


async def test_a_new_password_ends_sessions(garden: Garden) -> None:
    alice = await garden.account("alice")
    token = await garden.session(alice)
    link = await sessions.make_link(garden.core, alice)
    assert (await sessions.link_owner(garden.core, link)).id == alice.id
    await sessions.choose_password(garden.core, link, "wide beds of leeks")
    assert await sessions.session(garden.core, token) is None


async def test_who_came_with_a_password_that_was_just_replaced_does_not_get_in(garden: Garden) -> None:
    alice = await garden.account("alice")
    _, user = await sessions.log_in(await sessions.meant(garden.core, "alice"), PASSWORD)
    await sessions.change_password(garden.core, user, current=PASSWORD, password="wide beds of leeks")
    with pytest.raises(Invalid, match="do not belong together"):
        await sessions.open_session(garden.core, alice, user_agent="test", matched_hash=user.password_hash)
    with pytest.raises(Invalid, match="present password is not right"):
        await sessions.change_password(garden.core, user, current=PASSWORD, password="a thief's new beds")
    _, user = await sessions.log_in(await sessions.meant(garden.core, "alice"), "wide beds of leeks")
    token = await sessions.open_session(
        garden.core, alice, user_agent="test", matched_hash=user.password_hash
    )
    assert await sessions.session(garden.core, token) is not None


async def test_sessions_run_out(garden: Garden) -> None:
    token = await garden.session(await garden.account("alice"))
    garden.clock.advance(sessions.SESSION_LIFE - 1)
    assert await sessions.session(garden.core, token) is not None
    garden.clock.advance(1)
    assert await sessions.session(garden.core, token) is None


async def test_nothing_of_a_refused_registration_is_kept(garden: Garden) -> None:
    await garden.account("alice")

    async def count(tx: Writer) -> int:
        return len(await accounts.users(tx))

    before = await garden.core.db.write(count)
    with pytest.raises(Invalid):
        await garden.account("alice")
    assert await garden.core.db.write(count) == before
