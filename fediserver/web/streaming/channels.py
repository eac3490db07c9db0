"""The streams that there are: their names, which scopes they need, and what else has to be said of them."""

from typing import NamedTuple

from fediserver import ids
from fediserver.errors import BadRequest
from fediserver.text import compose

LONGEST_TAG = 200

_POSTS = ("read", "read:statuses")
NOTIFICATIONS = ("read", "read:notifications")

SCOPES: dict[str, tuple[str, ...]] = {
    "user": _POSTS,
    "user:notification": NOTIFICATIONS,
    "public": _POSTS,
    "public:media": _POSTS,
    "public:local": _POSTS,
    "public:local:media": _POSTS,
    "public:remote": _POSTS,
    "public:remote:media": _POSTS,
    "hashtag": _POSTS,
    "hashtag:local": _POSTS,
    "list": _POSTS,
    "direct": _POSTS,
}
"""Every stream, and the scopes of which a token needs one."""

_OWN = frozenset({"user", "user:notification", "direct"})


class Channel(NamedTuple):
    """What is listened to: `subject` is the member, list or folded hashtag that a stream is about, else ''."""

    stream: str
    subject: str = ""


class Wish(NamedTuple):
    """A stream that a client has asked for; `said` is what stands in the frames, as the client said it."""

    channel: Channel
    said: tuple[str, ...]


def wish(viewer_id: int, stream: str, *, tag: str = "", list_id: str = "") -> Wish:
    """The stream of that name; BadRequest when there is none, or something about it is not said."""
    if stream not in SCOPES:
        raise BadRequest("Unknown stream type")
    if stream in _OWN:
        return Wish(Channel(stream, str(viewer_id)), (stream,))
    if stream.startswith("hashtag"):
        name = compose.tag_name(tag.removeprefix("#"))
        if not name or len(tag) > LONGEST_TAG:
            raise BadRequest("Say which hashtag is meant: tag is missing or too long")
        return Wish(Channel(stream, name), (stream, tag))
    if stream == "list":
        found = ids.parse(list_id)
        if found is None:
            raise BadRequest("Say which list is meant: list has to be its id")
        return Wish(Channel(stream, str(found)), (stream, list_id))
    return Wish(Channel(stream), (stream,))
