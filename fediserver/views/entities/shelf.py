"""What a node keeps ready for its entities: addresses of files, and rendered parts under (id, version)."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import msgspec

from fediserver.activitypub.context import Context
from fediserver.db.database import Database
from fediserver.text.keywords import Text
from fediserver.views import media_keys
from fediserver.views.entities import quotes
from fediserver.views.entities.filters import Remembered
from fediserver.views.entities.quotes import Approvals

Part = TypeVar("Part")

STATUSES = 3000
"""Posts that are remembered: about 2 kB each."""
ACCOUNTS = 3000
"""Accounts that are remembered: about 1.5 kB each."""

Json = msgspec.Raw
"""JSON that is put into an answer as it is."""

encode = msgspec.json.Encoder().encode


class Kept(Generic[Part]):
    """Parts of entities by id, each of one version; those made longest ago go first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: OrderedDict[int, tuple[int, Part]] = OrderedDict()

    def find(self, key: int, version: int) -> Part | None:
        """The part, if it is there in that version."""
        found = self._parts.get(key)
        if found is None or found[0] != version:
            return None
        return found[1]

    def among(self, wanted: Mapping[int, int]) -> dict[int, Part]:
        """Those of the parts (id to version) that are there."""
        found = {key: self._parts.get(key) for key in wanted}
        return {key: part[1] for key, part in found.items() if part is not None and part[0] == wanted[key]}

    def keep(self, key: int, version: int, part: Part) -> None:
        """Remember a part instead of any other version of it."""
        self._parts[key] = version, part
        self._parts.move_to_end(key)
        if len(self._parts) > self._most:
            self._parts.popitem(last=False)


class Body(msgspec.Struct, frozen=True, gc=False):
    """A post without what depends on others or on the viewer: `json` is open at its end.

    `unconfirmed` is the account that the card's page names as its author without its leave, 0 for none;
    `collections` are ids of those that it links to, which depend on the viewer.
    """

    json: bytes
    emojis: bytes
    unconfirmed: int = 0
    approvals: Approvals = quotes.NOBODY
    collections: tuple[int, ...] = ()


class Shelf:
    """The parts and addresses for one kind of viewer: members get keys to other servers' files."""

    def __init__(self, ctx: Context, *, keys: bool) -> None:
        self.bodies: Kept[Body] = Kept(STATUSES)
        self.accounts: Kept[bytes] = Kept(ACCOUNTS)
        # Only what somebody with filters has looked at.
        self.texts: Kept[Text] = Kept(STATUSES)
        self.filters = Remembered(ctx.bus)
        self.ctx = ctx
        self.for_members = keys
        self._secret = ctx.secret if keys else None
        self._media_url = ctx.config.media_url
        self._static_url = f"{ctx.config.base_url}/static/"

    def file(self, path: str) -> str:
        """The address of a file below /media/."""
        address = self._media_url + path
        if self._secret is not None and path.startswith(media_keys.REMOTE):
            file_id = int(path.removeprefix(media_keys.REMOTE).partition("/")[0])
            return f"{address}?key={media_keys.key(self._secret, file_id)}"
        return address

    def avatar(self, path: str) -> str:
        """The address of an avatar, or of the picture for those who have none."""
        return self.file(path) if path else self._static_url + "avatar.png"

    def header(self, path: str) -> str:
        """The address of a header, or of the picture for those who have none."""
        return self.file(path) if path else self._static_url + "header.png"

    def emojis(self, rows: list[dict[str, Any]]) -> list[dict[str, object]]:
        """CustomEmoji entities of the column `emojis`."""
        return [self.emoji(row["shortcode"], row["path"]) for row in rows]

    def emoji(self, shortcode: str, path: str, category: str = "", *, pick: bool = True) -> dict[str, object]:
        """A CustomEmoji."""
        address = self.file(path)
        entity: dict[str, object] = {
            "shortcode": shortcode,
            "url": address,
            "static_url": address,
            "visible_in_picker": pick,
        }
        return entity | {"category": category} if category else entity


# By database: a process may hold several nodes, in tests for one.
_SHELVES: WeakKeyDictionary[Database, tuple[Shelf, Shelf]] = WeakKeyDictionary()


def shelf(ctx: Context, viewer_id: int | None) -> Shelf:
    """The shelf of a node, for members or, without viewer, for strangers."""
    found = _SHELVES.get(ctx.db)
    if found is None:
        found = _SHELVES[ctx.db] = (Shelf(ctx, keys=False), Shelf(ctx, keys=True))
    return found[viewer_id is not None]
