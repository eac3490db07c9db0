"""Applications, tokens, codes, log-ins and one-time links: found by hash, kept as nothing else."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.query import Query, columns, insertion
from fediserver.models.account import Account, User
from fediserver.models.oauth import AccessToken, Application, AuthorizationCode, OneTimeLink, Session

_APPLICATION = columns(Application)

APPLICATION = Query(f"select {_APPLICATION} from applications where client_id = :client_id")
APPLICATION_BY_ID = Query(f"select {_APPLICATION} from applications where id = :id")
INSERT_APPLICATION = Query(insertion("applications", Application))

# The role is that of the log-in in the group that the token acts as; a suspended member speaks for no group.
_HOLDERS = f"""
    select {columns(AccessToken, "t")}, {columns(Account, "a")}, {columns(User, "u")}, m.role
      from access_tokens t
      left join accounts a on a.id = t.account_id
      left join users u on u.account_id = t.user_id
      left join accounts o on o.id = t.user_id and o.suspended_at is null and o.deleted_at is null
      left join group_members m on m.group_id = t.account_id and m.account_id = o.id
"""
HOLDER = Query(f"{_HOLDERS} where t.token_hash = :token_hash")
HOLDERS = Query(f"{_HOLDERS} where t.id = any(:ids)")
TOKEN = Query(f"select {columns(AccessToken)} from access_tokens where token_hash = :token_hash")
INSERT_TOKEN = Query(insertion("access_tokens", AccessToken))
TOUCH_TOKEN = Query("update access_tokens set last_used_at = :now where id = :id")
TOUCH_USER = Query("update users set last_seen_at = :now where account_id = :account_id")
DROP_TOKEN = Query("delete from access_tokens where id = :id")
DROP_TOKENS_OF = Query("delete from access_tokens where user_id = :account_id or account_id = :account_id")

CODE = Query(f"select {columns(AuthorizationCode)} from authorization_codes where code_hash = :code_hash")
INSERT_CODE = Query(insertion("authorization_codes", AuthorizationCode))
SPEND_CODE = Query("""
    update authorization_codes set challenge = :spent where code_hash = :code_hash and challenge <> :spent
""")
DROP_OLD_CODES = Query("delete from authorization_codes where expires_at < :now")

SESSION = Query(f"""
    select {columns(Session, "s")}, {columns(Account, "a")}, {columns(User, "u")}
      from sessions s
      join accounts a on a.id = s.account_id
      join users u on u.account_id = s.account_id
     where s.token_hash = :token_hash
""")
INSERT_SESSION = Query(insertion("sessions", Session))
DROP_SESSION = Query("delete from sessions where token_hash = :token_hash")
DROP_SESSIONS_OF = Query("delete from sessions where account_id = :account_id")
DROP_CODES_OF = Query("delete from authorization_codes where user_id = :account_id")
DROP_OLD_SESSIONS = Query("delete from sessions where account_id = :account_id and expires_at < :now")

LINK = Query(f"""
    select {columns(OneTimeLink)} from one_time_links
     where token_hash = :token_hash and purpose = any(:purposes) and expires_at > :now
""")
EXTEND_LINK = Query("update one_time_links set expires_at = :expires_at where token_hash = :token_hash")
INSERT_LINK = Query(insertion("one_time_links", OneTimeLink))
DROP_LINK = Query("delete from one_time_links where token_hash = :token_hash")
DROP_LINKS_OF = Query(
    "delete from one_time_links where account_id = :account_id and purpose = any(:purposes)"
)

GROUPS_OF = Query(f"""
    select {columns(Account, "a")}
      from group_members m
      join accounts a on a.id = m.group_id
     where m.account_id = :account_id and m.role = any(:roles) and a.deleted_at is null
     order by a.id
""")

_TOKEN_WIDTH = len(AccessToken.__struct_fields__)
_SESSION_WIDTH = len(Session.__struct_fields__)
_ACCOUNT_WIDTH = len(Account.__struct_fields__)
_USER_WIDTH = len(User.__struct_fields__)


class Holder(NamedTuple):
    """A token, whom it acts as, whose log-in made it, and that log-in's role in the group it acts as."""

    token: AccessToken
    account: Account | None
    user: User | None
    group_role: str | None


class LoggedIn(NamedTuple):
    """A log-in on the pages, and whose it is."""

    session: Session
    account: Account
    user: User


async def application(db: Reader, client_id: str) -> Application | None:
    """The application of a client id."""
    return await db.one(APPLICATION, Application, client_id=client_id)


async def application_by_id(db: Reader, application_id: int) -> Application | None:
    """The application that a token names."""
    return await db.one(APPLICATION_BY_ID, Application, id=application_id)


async def insert_application(tx: Writer, row: Application) -> None:
    """Register an application; Clash when its id is taken."""
    await tx.run(INSERT_APPLICATION, **msgspec.structs.asdict(row))


async def holder(db: Reader, token_hash: str) -> Holder | None:
    """Everything that a request with a token needs to know, in one query."""
    found = await db.rows(HOLDER, token_hash=token_hash)
    return _holder(found[0]) if found else None


async def holders(db: Reader, token_ids: Sequence[int]) -> list[Holder]:
    """The same for several tokens by their ids; those that were revoked are left out."""
    return [_holder(row) for row in await db.rows(HOLDERS, ids=token_ids)]


def _holder(row: tuple[Any, ...]) -> Holder:
    account_end = _TOKEN_WIDTH + _ACCOUNT_WIDTH
    user_end = account_end + _USER_WIDTH
    return Holder(
        msgspec.convert(row[:_TOKEN_WIDTH], AccessToken, strict=False),
        _joined(row[_TOKEN_WIDTH:account_end], Account),
        _joined(row[account_end:user_end], User),
        row[user_end],
    )


async def token(db: Reader, token_hash: str) -> AccessToken | None:
    """A token's own row."""
    return await db.one(TOKEN, AccessToken, token_hash=token_hash)


async def insert_token(tx: Writer, row: AccessToken) -> None:
    """Add a token."""
    await tx.run(INSERT_TOKEN, **msgspec.structs.asdict(row))


async def touch(tx: Writer, row: AccessToken, now: int) -> None:
    """Note that a token is in use, and that the member whose log-in made it was here."""
    await tx.run(TOUCH_TOKEN, id=row.id, now=now)
    if row.user_id is not None:
        await tx.run(TOUCH_USER, account_id=row.user_id, now=now)


async def drop_token(tx: Writer, token_id: int) -> int:
    """Revoke a token; answers how many there were."""
    return await tx.run(DROP_TOKEN, id=token_id)


async def drop_tokens_of(tx: Writer, account_id: int) -> int:
    """Revoke every token that a log-in made, and every one that acts as it."""
    return await tx.run(DROP_TOKENS_OF, account_id=account_id)


async def code(db: Reader, code_hash: str) -> AuthorizationCode | None:
    """An authorization code, spent or not."""
    return await db.one(CODE, AuthorizationCode, code_hash=code_hash)


async def insert_code(tx: Writer, row: AuthorizationCode, now: int) -> None:
    """Add a code, and forget those that have run out."""
    await tx.run(DROP_OLD_CODES, now=now)
    await tx.run(INSERT_CODE, **msgspec.structs.asdict(row))


async def spend_code(tx: Writer, code_hash: str, spent: str) -> bool:
    """Mark a code as used by putting `spent` for its challenge; False when it was so marked before."""
    return await tx.run(SPEND_CODE, code_hash=code_hash, spent=spent) == 1


async def session(db: Reader, token_hash: str) -> LoggedIn | None:
    """A log-in and whose it is; whether it has run out is for the caller to see."""
    found = await db.rows(SESSION, token_hash=token_hash)
    if not found:
        return None
    row = found[0]
    account_end = _SESSION_WIDTH + _ACCOUNT_WIDTH
    return LoggedIn(
        msgspec.convert(row[:_SESSION_WIDTH], Session, strict=False),
        msgspec.convert(row[_SESSION_WIDTH:account_end], Account, strict=False),
        msgspec.convert(row[account_end:], User, strict=False),
    )


async def insert_session(tx: Writer, row: Session) -> None:
    """Add a log-in, and forget the member's that have run out."""
    await tx.run(DROP_OLD_SESSIONS, account_id=row.account_id, now=row.created_at)
    await tx.run(INSERT_SESSION, **msgspec.structs.asdict(row))


async def drop_session(tx: Writer, token_hash: str) -> None:
    """End a log-in."""
    await tx.run(DROP_SESSION, token_hash=token_hash)


async def drop_sessions_of(tx: Writer, account_id: int) -> None:
    """End every log-in of a member, and with them the codes that have not become tokens yet."""
    await tx.run(DROP_SESSIONS_OF, account_id=account_id)
    await tx.run(DROP_CODES_OF, account_id=account_id)


async def link(db: Reader, token_hash: str, purposes: Sequence[str], now: int) -> OneTimeLink | None:
    """A one-time link for one of the purposes that is still good."""
    return await db.one(LINK, OneTimeLink, token_hash=token_hash, purposes=purposes, now=now)


async def extend_link(tx: Writer, row: OneTimeLink) -> bool:
    """Let a link be good for longer; False when it was used or replaced."""
    return await tx.run(EXTEND_LINK, token_hash=row.token_hash, expires_at=row.expires_at) == 1


async def replace_link(tx: Writer, row: OneTimeLink) -> None:
    """Add a link; the member's earlier ones for the same purpose stop working."""
    await drop_links_of(tx, row.account_id, [row.purpose])
    await tx.run(INSERT_LINK, **msgspec.structs.asdict(row))


async def drop_links_of(tx: Writer, account_id: int, purposes: Sequence[str]) -> None:
    """End a member's links for some purposes."""
    await tx.run(DROP_LINKS_OF, account_id=account_id, purposes=purposes)


async def drop_link(tx: Writer, token_hash: str) -> bool:
    """Use a link up; False when somebody else was faster."""
    return await tx.run(DROP_LINK, token_hash=token_hash) == 1


async def groups_of(db: Reader, account_id: int, roles: tuple[str, ...]) -> list[Account]:
    """The groups in which a member has one of the roles."""
    return await db.all(GROUPS_OF, Account, account_id=account_id, roles=roles)


def _joined(values: tuple[Any, ...], model: type[msgspec.Struct]) -> Any:
    """A row from the far side of a left join; None when there was none."""
    return None if values[0] is None else msgspec.convert(values, model, strict=False)
