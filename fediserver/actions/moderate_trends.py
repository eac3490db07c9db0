"""What those who moderate decide about trends and hashtags: each decision is logged."""

import msgspec
from msgspec import UNSET, UnsetType

from fediserver.actions import moderate
from fediserver.actions.core import Core
from fediserver.actions.moderate import Decision
from fediserver.db import tags, trend_reviews, trends
from fediserver.db.database import Writer
from fediserver.db.tags import Tag
from fediserver.db.trends import Kind
from fediserver.errors import Invalid, NotFound
from fediserver.text import compose


class Subject(msgspec.Struct, frozen=True):
    """What is decided about: an id, for a publisher its site; `about` names it in the log."""

    kind: Kind
    key: str
    about: str
    author_id: int | None = None


class TagChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change about a hashtag; what is unset stays."""

    display_name: str | UnsetType = UNSET
    trendable: bool | UnsetType = UNSET
    usable: bool | UnsetType = UNSET
    listable: bool | UnsetType = UNSET


async def review(core: Core, subject: Subject, decision: Decision, *, allowed: bool) -> None:
    """Let something trend, or never."""

    async def work(tx: Writer) -> None:
        await trends.review(tx, subject.kind, subject.key, allowed=allowed, now=core.clock())
        deed = f"{'allow' if allowed else 'refuse'} trending {subject.kind.name.lower()}"
        told = msgspec.structs.replace(decision, reason=subject.about)
        await moderate.note(core, tx, deed, told, target_id=subject.author_id)

    await core.db.write(work)


async def change_tag(core: Core, tag_id: int, change: TagChange, decision: Decision) -> Tag:
    """Decide what may be done with a hashtag; NotFound, Invalid for a name that is that of another one."""

    async def work(tx: Writer) -> Tag:
        before = await tags.by_id(tx, tag_id)
        if before is None:
            raise NotFound
        said = {name: getattr(change, name) for name in TagChange.__struct_fields__}
        said = {name: value for name, value in said.items() if value is not UNSET}
        shown = str(said.pop("display_name", before.display_name))
        if compose.tag_name(shown) != before.name:
            raise Invalid("Validation failed: Display name must differ in upper and lower case only")
        now, trendable = core.clock(), said.pop("trendable", None)
        if trendable is not None:
            await trends.review(tx, Kind.TAG, str(tag_id), allowed=trendable, now=now)
        standing = (await trend_reviews.standings(tx, [tag_id]))[tag_id]
        changed = msgspec.structs.replace(standing, **said, reviewed_at=now)
        await trend_reviews.change_tag(tx, shown, changed)
        words = said | ({} if trendable is None else {"trendable": trendable})
        about = " ".join([f"#{shown}", *(f"{name}={str(value).lower()}" for name, value in words.items())])
        await moderate.note(core, tx, "change tag", msgspec.structs.replace(decision, reason=about))
        return Tag(tag_id, before.name, shown)

    return await core.db.write(work)
