"""What every action works with."""

from dataclasses import dataclass

from fediserver.clock import Clock
from fediserver.config import Config
from fediserver.db.bus import Bus
from fediserver.db.database import Database
from fediserver.ids import Ids
from fediserver.models.uris import Uris


@dataclass(frozen=True, kw_only=True)
class Core:
    """Database, time, ids, news and settings; never a socket."""

    db: Database
    clock: Clock
    ids: Ids
    bus: Bus
    config: Config
    uris: Uris
