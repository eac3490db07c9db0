"""What moderators look for, and what they did."""

from collections.abc import Sequence

import msgspec

from fediserver.db.database import Reader, Writer
from fediserver.db.pages import Bounds, Entry, Listing
from fediserver.db.query import Query, columns, insertion
from fediserver.models.moderation import Act

_ACT = columns(Act)

LOG = Query(insertion("moderation_log", Act))
ABOUT = Query(f"""
    select {_ACT} from moderation_log where target_id = :target_id order by id desc limit :limit
""")
BY_IDS = Query(f"select {_ACT} from moderation_log where id = any(:ids)")
TOUCH_POSTS = Query("update statuses set version = version + 1 where account_id = :account_id")

# A word that is empty asks for nothing. Names are compared by their beginning.
ACCOUNTS = Listing(
    """
    select a.id as cursor, a.id as id
      from accounts a left join users u on u.account_id = a.id
     where a.deleted_at is null and (a.domain <> '' or a.actor_type <> 'Application')
       and (cast(:origin as text) = '' or (cast(:origin as text) = 'local') = (a.domain = ''))
       and (cast(:status as text) = ''
            or (cast(:status as text) = 'active' and a.suspended_at is null and a.silenced_at is null
                and u.disabled_at is null and (u.account_id is null or u.approved_at is not null))
            or (cast(:status as text) = 'pending' and u.account_id is not null and u.approved_at is null)
            or (cast(:status as text) = 'disabled' and u.disabled_at is not null)
            or (cast(:status as text) = 'silenced' and a.silenced_at is not null)
            or (cast(:status as text) = 'suspended' and a.suspended_at is not null)
            or (cast(:status as text) = 'sensitized' and a.sensitized_at is not null))
       and (cast(:any_role as boolean) or u.role = any(:roles))
       and substr(lower(a.username), 1, length(cast(:username as text))) = cast(:username as text)
       and substr(lower(a.display_name), 1, length(cast(:display_name as text))) = cast(:display_name as text)
       and (cast(:domain as text) = '' or a.domain = cast(:domain as text))
       and (cast(:email as text) = ''
            or substr(lower(u.email), 1, length(cast(:email as text))) = cast(:email as text))
    """,
    "a.id",
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts are looked for: '' and no roles ask for nothing."""

    origin: str = ""
    status: str = ""
    roles: Sequence[str] = ()
    username: str = ""
    display_name: str = ""
    domain: str = ""
    email: str = ""


async def accounts(db: Reader, bounds: Bounds, wanted: Wanted) -> list[Entry]:
    """A page of the accounts that are looked for, newest first."""
    return await ACCOUNTS.page(
        db,
        bounds,
        origin=wanted.origin,
        status=wanted.status,
        any_role=not wanted.roles,
        roles=list(wanted.roles),
        username=wanted.username.lower(),
        display_name=wanted.display_name.lower(),
        domain=wanted.domain.lower(),
        email=wanted.email.lower(),
    )


async def log(tx: Writer, act: Act) -> None:
    """Note a decision."""
    await tx.run(LOG, **msgspec.structs.asdict(act))


async def about(db: Reader, target_id: int, *, limit: int = 100) -> list[Act]:
    """Decisions about an account, newest first."""
    return await db.all(ABOUT, Act, target_id=target_id, limit=limit)


async def by_ids(db: Reader, ids: Sequence[int]) -> list[Act]:
    """Decisions by their ids, in no order."""
    return await db.all(BY_IDS, Act, ids=ids) if ids else []


async def touch_posts(tx: Writer, account_id: int) -> None:
    """Something that all posts of an account show has changed."""
    await tx.run(TOUCH_POSTS, account_id=account_id)
