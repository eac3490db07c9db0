"""Making accounts: people with a log-in, groups with an owner."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import msgspec

from fediserver.actions import follow, mail, passwords
from fediserver.actions.core import Core
from fediserver.db import accounts
from fediserver.db.database import Clash, Reader, Writer
from fediserver.errors import Forbidden, Invalid
from fediserver.models.account import Account, Key, User
from fediserver.models.mail import CONFIRM
from fediserver.models.relationship import GroupMember
from fediserver.signatures import keys
from fediserver.text.mail_address import is_address
from fediserver.text.sanitise import one_line

NAME = re.compile(r"[a-z0-9_]{1,30}")
LONGEST_TITLE = 100
LONGEST_REASON = 1000
ROLES = ("member", "moderator", "admin", "owner")

# Names that would pass for the node itself, or for everybody or nobody.
_NODE = (
    "actor all anonymous everybody everyone fediserver inbox instance node nobody none null oauth outbox relay "
    "server system undefined"
)
# Names that only people with such a task may have, and so only those whom the command line makes.
_STAFF = (
    "abuse admin administrator contact help helpdesk hostmaster info mail mailer_daemon moderation moderator "
    "moderators mod mods noreply no_reply official owner postmaster root security staff sysadmin support "
    "webmaster"
)
_FOR_NOBODY = frozenset(_NODE.split())
_FOR_STAFF = frozenset(_STAFF.split())

# Loose on purpose: whether mail arrives there shows when it is sent.
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

Found = dict[str, list[tuple[str, str]]]
Work = Callable[[Writer], Awaitable[None]]
Then = Callable[[Writer, Account], Awaitable[None]]


async def register(
    core: Core,
    *,
    name: str,
    email: str,
    password: str,
    reason: str = "",
    locale: str,
    confirmed: bool,
    approved: bool,
    role: str = "member",
    app_id: int | None = None,
    then: Then | None = None,
) -> Account:
    """A new person who can log in; an empty password is to be chosen by a one-time link.

    Who is not `confirmed` gets mail with a link that does it, where the node sends mail; `then` is done in the
    same transaction. The name is stored in lower case. Raises Invalid with details per field (username,
    email, password …).
    """
    found = problems(name, email, password, reason, role)
    name, email = name.strip().lower(), email.strip()
    if not found:
        found = await core.db.read(lambda tx: taken(tx, name, email))
    if found:
        raise invalid(found)
    password_hash = await passwords.hashed(password) if password else ""
    account, its_keys = await new_account(core, name, actor_type="Person", display_name="")
    now = account.created_at
    user = User(
        account_id=account.id,
        email=email,
        password_hash=password_hash,
        role=role,
        locale=locale if _LOCALE.fullmatch(locale) else "en",
        default_visibility="public",
        default_sensitive=False,
        default_language=None,
        reason=reason.strip(),
        created_at=now,
        confirmed_at=now if confirmed else None,
        approved_at=now if approved else None,
        disabled_at=None,
        last_seen_at=None,
        made_by_app_id=app_id,
    )

    async def write(tx: Writer) -> None:
        await _insert(tx, account, its_keys)
        await accounts.insert_user(tx, user)
        if not confirmed and mail.is_set_up(core):
            await mail.queue(core, tx, CONFIRM, user.email, user.locale)
        if then is not None:
            await then(tx, account)

    await or_taken(core, write, name, email)
    core.bus.publish("mails")
    return account


async def confirm_by_hand(core: Core, account: Account) -> None:
    """Confirm the address of somebody whom mail does not reach; Forbidden when it is confirmed or there is none."""

    async def write(tx: Writer) -> None:
        user = await accounts.user(tx, account.id)
        if user is None or user.confirmed_at is not None:
            raise Forbidden(f"@{account.username} has no address that waits to be confirmed")
        await accounts.update_user(tx, msgspec.structs.replace(user, confirmed_at=core.clock()))

    await core.db.write(write)


async def create_group(core: Core, *, name: str, title: str, owner: Account) -> Account:
    """A new group, owned by a member, who follows it; it has keys and a name of its own, but no log-in.

    Raises Invalid with details for `username` or `display_name`.
    """
    name, title = name.strip().lower(), one_line(title)
    found = _name_problem(name, "owner")
    if not title:
        found["display_name"] = [("ERR_BLANK", "must not be empty")]
    elif len(title) > LONGEST_TITLE:
        found["display_name"] = [
            ("ERR_TOO_LONG", f"is too long: at most {LONGEST_TITLE} characters are taken")
        ]
    if not found:
        found = await core.db.read(lambda tx: taken(tx, name, ""))
    if found:
        raise invalid(found)
    group, its_keys = await new_account(core, name, actor_type="Group", display_name=title)

    async def write(tx: Writer) -> None:
        await _insert(tx, group, its_keys)
        await accounts.put_member(tx, GroupMember(group.id, owner.id, "owner", group.created_at))
        await follow.begin(core, tx, owner, group)

    await or_taken(core, write, name, "")
    return group


async def new_account(
    core: Core, name: str, *, actor_type: str, display_name: str
) -> tuple[Account, list[Key]]:
    """The rows of a new actor; making its keys takes some 100 ms, in a thread."""
    rsa, ed25519 = await asyncio.to_thread(lambda: (keys.generate_rsa(), keys.generate_ed25519()))
    uris, now = core.uris, core.clock()
    actor = uris.actor(name)
    account = Account(
        id=core.ids.next(),
        username=name,
        domain="",
        uri=actor,
        url=uris.profile(name),
        actor_type=actor_type,
        display_name=display_name,
        note="",
        note_text="",
        fields="[]",
        emojis="[]",
        avatar="",
        header="",
        host_id=None,
        inbox=uris.inbox(name),
        shared_inbox=uris.shared_inbox,
        outbox=uris.outbox(name),
        followers_uri=uris.followers(name),
        following_uri=uris.following(name),
        featured_uri=uris.collection(name, "featured"),
        aliases="[]",
        moved_to_id=None,
        locked=False,
        bot=False,
        discoverable=True,
        indexable=False,
        hide_collections=False,
        statuses_count=0,
        followers_count=0,
        following_count=0,
        last_status_at=None,
        created_at=now,
        refreshed_at=0,
        suspended_at=None,
        silenced_at=None,
        deleted_at=None,
        version=1,
    )
    return account, [
        Key(f"{actor}#main-key", account.id, "rsa", rsa.public_pem, rsa.private_pem, now),
        Key(f"{actor}#ed25519-key", account.id, "ed25519", ed25519.public_pem, ed25519.private_pem, now),
    ]


async def _insert(tx: Writer, account: Account, its_keys: list[Key]) -> None:
    await accounts.insert(tx, account)
    for key in its_keys:
        await accounts.put_key(tx, key)


async def or_taken(core: Core, write: Work, name: str, email: str) -> None:
    """Run the transaction; who was slower than somebody with the same name hears that it is taken."""
    try:
        await core.db.write(write)
    except Clash:
        found = await core.db.read(lambda tx: taken(tx, name, email))
        if not found:
            raise
        raise invalid(found) from None


async def taken(tx: Reader, name: str, email: str) -> Found:
    """What of a name and an address belongs to somebody already."""
    found: Found = {}
    # Deleted accounts keep their row, so that nobody is ever taken for who was there before.
    if name and await accounts.by_handle(tx, name) is not None:
        found["username"] = [("ERR_TAKEN", "is taken; choose another")]
    if email and await accounts.user_by_email(tx, email) is not None:
        found["email"] = [("ERR_TAKEN", "belongs to an account that is here already")]
    return found


def problems(name: str, email: str, password: str, reason: str, role: str = "member") -> Found:
    """What is wrong with what somebody wants to be called and the rest, by field."""
    found = _name_problem(name.strip().lower(), role) | email_problem(email.strip())
    wrong = passwords.problem(password) if password else None
    if wrong is not None:
        found["password"] = [wrong]
    if len(reason) > LONGEST_REASON:
        found["reason"] = [("ERR_TOO_LONG", f"is too long: at most {LONGEST_REASON} characters are taken")]
    if role not in ROLES:
        found["role"] = [("ERR_INCLUSION", f"must be one of {', '.join(ROLES)}")]
    return found


def email_problem(email: str) -> Found:
    """What keeps a text from being an address for mail."""
    if not email:
        return {"email": [("ERR_BLANK", "must not be empty")]}
    if not is_address(email):
        return {"email": [("ERR_INVALID", "must look like somebody@example.org")]}
    return {}


def _name_problem(name: str, role: str) -> Found:
    if not name:
        return {"username": [("ERR_BLANK", "must not be empty")]}
    if NAME.fullmatch(name) is None:
        return {
            "username": [
                ("ERR_INVALID", "must be 1 to 30 letters a–z, digits and underscores, and nothing else")
            ]
        }
    if name in _FOR_NOBODY or (name in _FOR_STAFF and role == "member"):
        return {"username": [("ERR_RESERVED", "is kept for the node itself; choose another")]}
    return {}


def invalid(found: Found) -> Invalid:
    """The error that says all of it."""
    labels = {"username": "The name", "email": "The e-mail address", "display_name": "The title"}
    text = "; ".join(
        f"{labels.get(field, 'The ' + field)} {description}"
        for field, problems in found.items()
        for _, description in problems
    )
    return Invalid(text, found)
