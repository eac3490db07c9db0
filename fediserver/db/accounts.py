"""Accounts, their keys and log-ins."""

from collections.abc import Sequence

import msgspec

from fediserver.db import indexing
from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.account import Account, Key, User
from fediserver.models.relationship import GroupMember

_ACCOUNT = columns(Account)
_USER = columns(User)
_KEY = columns(Key)
_MEMBER = columns(GroupMember)


BY_ID = Query(f"select {_ACCOUNT} from accounts where id = :id")
BY_IDS = Query(f"select {_ACCOUNT} from accounts where id = any(:ids)")
BY_URI = Query(f"select {_ACCOUNT} from accounts where uri = :uri")
BY_URIS = Query(f"select {_ACCOUNT} from accounts where uri = any(:uris)")
BY_HANDLE = Query(f"select {_ACCOUNT} from accounts where lower(username) = :username and domain = :domain")
BY_HANDLES = Query("""
    select id, lower(username), domain from accounts
     where lower(username) = any(:usernames) and domain = any(:domains)
""")
INSERT = Query(insertion("accounts", Account))
UPDATE = Query("""
    update accounts
       set url = :url, actor_type = :actor_type, display_name = :display_name, note = :note, note_text = :note_text,
           fields = :fields, emojis = :emojis, avatar = :avatar, header = :header, host_id = :host_id,
           inbox = :inbox, shared_inbox = :shared_inbox, outbox = :outbox, followers_uri = :followers_uri,
           following_uri = :following_uri, featured_uri = :featured_uri, aliases = :aliases,
           moved_to_id = :moved_to_id, locked = :locked, bot = :bot, discoverable = :discoverable,
           indexable = :indexable, hide_collections = :hide_collections, refreshed_at = :refreshed_at,
           suspended_at = :suspended_at, silenced_at = :silenced_at, deleted_at = :deleted_at,
           avatar_description = :avatar_description, header_description = :header_description,
           avatar_still = :avatar_still, header_still = :header_still,
           sensitized_at = :sensitized_at, suspended_there = :suspended_there,
           suspended_with_host = :suspended_with_host, silenced_by_rule = :silenced_by_rule,
           show_media = :show_media, show_media_replies = :show_media_replies, show_featured = :show_featured,
           version = version + 1
     where id = :id
""")

VERSION_AND_USER = Query(f"""
    select a.version, {columns(User, "u")} from accounts a left join users u on u.account_id = a.id where a.id = :id
""")
USER = Query(f"select {_USER} from users where account_id = :account_id")
USER_BY_EMAIL = Query(f"select {_USER} from users where lower(email) = :email")
USERS_OF = Query(f"select {_USER} from users where account_id = any(:ids)")
SENSITIZED = Query("select id from accounts where id = any(:ids) and sensitized_at is not null")
USERS = Query(f"select {_USER} from users order by account_id")
STAFF = Query("""
    select u.account_id from users u join accounts a on a.id = u.account_id
     where u.role <> 'member' and u.disabled_at is null and a.suspended_at is null
     order by u.account_id
""")
DROP_USER = Query("delete from users where account_id = :account_id")
INSERT_USER = Query(insertion("users", User))
UPDATE_USER = Query("""
    update users
       set email = :email, role = :role, locale = :locale, default_visibility = :default_visibility,
           default_sensitive = :default_sensitive, default_language = :default_language,
           default_quote_policy = :default_quote_policy,
           confirmed_at = :confirmed_at, approved_at = :approved_at, disabled_at = :disabled_at
     where account_id = :account_id
""")
SET_PASSWORD = Query("update users set password_hash = :password_hash where account_id = :account_id")

KEY = Query(f"select {_KEY} from keys where id = :id")
KEYS = Query(f"select {_KEY} from keys where account_id = :account_id order by id")
PUT_KEY = Query("""
    insert into keys (id, account_id, algorithm, public_pem, private_pem, fetched_at)
    values (:id, :account_id, :algorithm, :public_pem, :private_pem, :fetched_at)
    on conflict (id) do update set public_pem = excluded.public_pem, fetched_at = excluded.fetched_at,
        algorithm = excluded.algorithm
     where keys.account_id = excluded.account_id
""")
DROP_KEYS = Query(
    "delete from keys where account_id = :account_id and private_pem is null and id <> all(:keep)"
)

ASK_FOR_KEY = Query("""
    update keys set asked_at = :now where id = :id and asked_at <= :before and fetched_at <= :before
""")

MEMBER = Query(f"select {_MEMBER} from group_members where group_id = :group_id and account_id = :account_id")
MEMBERS = Query(
    f"select {_MEMBER} from group_members where group_id = :group_id order by created_at, account_id"
)
PUT_MEMBER = Query("""
    insert into group_members (group_id, account_id, role, created_at)
    values (:group_id, :account_id, :role, :created_at)
    on conflict (group_id, account_id) do update set role = excluded.role
""")
DROP_MEMBER = Query("delete from group_members where group_id = :group_id and account_id = :account_id")


async def by_id(db: Reader, account_id: int) -> Account | None:
    """The account with that id."""
    return await db.one(BY_ID, Account, id=account_id)


async def renewed(db: Reader, known: Account) -> tuple[Account | None, User | None]:
    """An account and its log-in as they are now; the row that is known, if nothing shown of it has changed."""
    found = await db.rows(VERSION_AND_USER, id=known.id)
    if not found:
        return None, None
    version, *its = found[0]
    login = None if its[0] is None else msgspec.convert(its, User, strict=False)
    return known if version == known.version else await by_id(db, known.id), login


async def by_ids(db: Reader, ids: Sequence[int]) -> dict[int, Account]:
    """Accounts by id; unknown ids are left out."""
    return {account.id: account for account in await db.all(BY_IDS, Account, ids=ids)} if ids else {}


async def by_uri(db: Reader, uri: str) -> Account | None:
    """The account with that actor id."""
    return await db.one(BY_URI, Account, uri=uri)


async def by_uris(db: Reader, uris: Sequence[str]) -> dict[str, Account]:
    """Accounts by actor id; unknown ones are left out."""
    return {account.uri: account for account in await db.all(BY_URIS, Account, uris=uris)} if uris else {}


async def by_handle(db: Reader, name: str, domain: str = "") -> Account | None:
    """The account of a handle in any case; an empty domain is ours."""
    return await db.one(BY_HANDLE, Account, username=name.lower(), domain=domain)


async def ids_of(db: Reader, handles: Sequence[tuple[str, str]]) -> list[int]:
    """Ids of the accounts with these handles: name in lower case, and domain, empty for ours."""
    if not handles:
        return []
    names, domains = ([handle[part] for handle in handles] for part in (0, 1))
    found = await db.rows(BY_HANDLES, usernames=names, domains=domains)
    return [account_id for account_id, name, domain in found if (name, domain) in handles]


async def insert(tx: Writer, account: Account) -> None:
    """Add an account; Clash when its uri or handle is taken."""
    await tx.run(INSERT, **msgspec.structs.asdict(account))
    await indexing.wait(tx, indexing.ACCOUNT, account.id)


async def user(db: Reader, account_id: int) -> User | None:
    """The log-in of a local account."""
    return await db.one(USER, User, account_id=account_id)


async def user_by_email(db: Reader, email: str) -> User | None:
    """The log-in with that address, in any case."""
    return await db.one(USER_BY_EMAIL, User, email=email.lower())


async def users_of(db: Reader, ids: Sequence[int]) -> dict[int, User]:
    """The log-ins of those of the accounts that have one, by account."""
    return {user.account_id: user for user in await db.all(USERS_OF, User, ids=ids)} if ids else {}


async def sensitized(db: Reader, ids: Sequence[int]) -> list[int]:
    """Those of the accounts whose posts are all sensitive."""
    return await db.values(SENSITIZED, ids=ids) if ids else []


async def drop_user(tx: Writer, account_id: int) -> None:
    """Forget a log-in: address, password and settings."""
    await tx.run(DROP_USER, account_id=account_id)


async def staff(db: Reader) -> list[int]:
    """Who moderates here, in whatever role, and can log in."""
    return await db.values(STAFF)


async def users(db: Reader) -> list[User]:
    """Every log-in, oldest first."""
    return await db.all(USERS, User)


async def insert_user(tx: Writer, row: User) -> None:
    """Add a log-in; Clash when the address is taken."""
    await tx.run(INSERT_USER, **msgspec.structs.asdict(row))


async def set_password(tx: Writer, account_id: int, password_hash: str) -> None:
    """Replace the password's hash."""
    await tx.run(SET_PASSWORD, account_id=account_id, password_hash=password_hash)


async def key(db: Reader, key_id: str) -> Key | None:
    """The key with that id."""
    return await db.one(KEY, Key, id=key_id)


async def keys(db: Reader, account_id: int) -> list[Key]:
    """The keys of an account."""
    return await db.all(KEYS, Key, account_id=account_id)


async def put_key(tx: Writer, row: Key) -> bool:
    """Add or refresh a key; False when that key is somebody else's."""
    return bool(await tx.run(PUT_KEY, **msgspec.structs.asdict(row)))


async def ask_for_key(tx: Writer, key_id: str, *, before: int, now: int) -> bool:
    """Note that a key is asked for again; False when it came, or was asked for, after `before` (ms)."""
    return bool(await tx.run(ASK_FOR_KEY, id=key_id, before=before, now=now))


async def drop_keys(tx: Writer, account_id: int, keep: Sequence[str]) -> None:
    """Forget the keys that a remote account no longer names."""
    await tx.run(DROP_KEYS, account_id=account_id, keep=keep)


async def member(db: Reader, group_id: int, account_id: int) -> GroupMember | None:
    """The membership, or None."""
    return await db.one(MEMBER, GroupMember, group_id=group_id, account_id=account_id)


async def members(db: Reader, group_id: int) -> list[GroupMember]:
    """Everybody in a group, longest first."""
    return await db.all(MEMBERS, GroupMember, group_id=group_id)


async def put_member(tx: Writer, row: GroupMember) -> None:
    """Add a member, or change their role."""
    await tx.run(PUT_MEMBER, **msgspec.structs.asdict(row))


async def drop_member(tx: Writer, group_id: int, account_id: int) -> int:
    """Remove a member; answers how many there were."""
    return await tx.run(DROP_MEMBER, group_id=group_id, account_id=account_id)


async def update(tx: Writer, account: Account) -> None:
    """Write everything of an account that its owner, or its server, may change."""
    fields = msgspec.structs.asdict(account)
    await tx.run(UPDATE, **{name: fields[name] for name in UPDATE.names})
    await indexing.wait(tx, indexing.ACCOUNT, account.id)


async def update_user(tx: Writer, row: User) -> None:
    """Write a log-in's settings and standing."""
    fields = msgspec.structs.asdict(row)
    await tx.run(UPDATE_USER, **{name: fields[name] for name in UPDATE_USER.names})
