"""Links whose cards members would see if they were here: remembered until the worker has time."""

MOST = 1000


class WantedLinks:
    """Ids of links, each once; those wanted longest go first, and are the first to be dropped when it is full."""

    def __init__(self) -> None:
        self._ids: dict[int, None] = {}

    def add(self, link_id: int) -> None:
        """Somebody has looked at a post with this link."""
        self._ids[link_id] = None
        if len(self._ids) > MOST:
            del self._ids[next(iter(self._ids))]

    def take(self, most: int) -> list[int]:
        """Some of them; they are forgotten here."""
        found = list(self._ids)[:most]
        for one in found:
            del self._ids[one]
        return found
