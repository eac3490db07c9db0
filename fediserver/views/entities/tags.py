"""Tag: https://docs.joinmastodon.org/entities/Tag/."""

from fediserver.activitypub.context import Context
from fediserver.clock import DAY, SECOND
from fediserver.db.search import Tag

_DAYS = 7


def tag(ctx: Context, row: Tag, *, signed_in: bool) -> dict[str, object]:
    """A hashtag; how often it is used by day is not counted here."""
    today = ctx.clock() // DAY * DAY // SECOND
    entity: dict[str, object] = {
        "id": str(row.id),
        "name": row.display_name,
        "url": ctx.uris.tag(row.name),
        "history": [
            {"day": str(today - day * (DAY // SECOND)), "uses": "0", "accounts": "0"} for day in range(_DAYS)
        ],
    }
    return entity | {"following": False, "featuring": False} if signed_in else entity
