"""The addresses of our own things: what CONTRACT binds every id and link to."""

import re
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit

from fediserver.ids import parse
from fediserver.models.status import Status

_NAME = r"[a-z0-9_]{1,30}"
_ACTOR = re.compile(rf"/users/({_NAME})", re.IGNORECASE)
_PAGE = re.compile(rf"/@({_NAME})", re.IGNORECASE)
_STATUS = re.compile(rf"/(?:users/{_NAME}/statuses|@{_NAME})/([0-9]{{1,19}})", re.IGNORECASE)
_RECOMMENDED = re.compile(rf"(?:/users/{_NAME})?/collections/([0-9]{{1,19}})/?", re.IGNORECASE)
_COLLECTION = re.compile(rf"/users/({_NAME})/(followers|following|outbox|inbox)", re.IGNORECASE)


class Local(NamedTuple):
    """What one of our own addresses points at."""

    kind: Literal["actor", "status", "followers", "following", "outbox", "inbox", "instance"]
    key: str


class Uris:
    """Makes and reads the addresses under one base URL."""

    def __init__(self, base_url: str, domain: str) -> None:
        self.base_url = base_url
        self.domain = domain
        self.shared_inbox = f"{base_url}/inbox"
        self.instance_actor = f"{base_url}/actor"
        self.collection_page_prefix = f"{base_url}/collections/"

    def actor(self, name: str) -> str:
        """The actor's id."""
        return f"{self.base_url}/users/{name}"

    def profile(self, name: str) -> str:
        """The page of a member or group."""
        return f"{self.base_url}/@{name}"

    def inbox(self, name: str) -> str:
        """A member's own inbox."""
        return f"{self.actor(name)}/inbox"

    def outbox(self, name: str) -> str:
        """A member's outbox."""
        return f"{self.actor(name)}/outbox"

    def followers(self, name: str) -> str:
        """The collection that followers-only posts are addressed to."""
        return f"{self.actor(name)}/followers"

    def following(self, name: str) -> str:
        """The collection of whom a member follows."""
        return f"{self.actor(name)}/following"

    def collection(self, name: str, which: str) -> str:
        """Other collections: featured, tags, moderators, members."""
        return f"{self.actor(name)}/collections/{which}"

    def status(self, name: str, status_id: int) -> str:
        """A post's id."""
        return f"{self.actor(name)}/statuses/{status_id}"

    def quote_stamp(self, name: str, quote_id: int) -> str:
        """A member's consent to a quote of a post of theirs."""
        return f"{self.actor(name)}/quote_authorizations/{quote_id}"

    def activity(self, activity_id: int) -> str:
        """An activity of ours."""
        return f"{self.base_url}/activities/{activity_id}"

    def activity_id(self, uri: str) -> int | None:
        """The id of an activity of ours by its address; None for any other address."""
        number = uri.removeprefix(f"{self.base_url}/activities/")
        return parse(number) if number != uri else None

    def page(self, status: Status) -> str:
        """The page of any post, where it is at home: those of ours are told from their ids."""
        if status.url:
            return status.url
        actors = f"{self.base_url}/users/"
        name, found, number = status.uri.removeprefix(actors).partition("/statuses/")
        return f"{self.base_url}/@{name}/{number}" if found and status.uri.startswith(actors) else status.uri

    def context(self, conversation_id: int) -> str:
        """The collection of a thread's posts."""
        return f"{self.base_url}/contexts/{conversation_id}"

    def tag(self, name: str) -> str:
        """The page of a hashtag."""
        return f"{self.base_url}/tags/{quote(name.lower(), safe='')}"

    def collection_page(self, collection_id: int) -> str:
        """The page of accounts that a member recommends."""
        return f"{self.collection_page_prefix}{collection_id}"

    def collection_id(self, uri: str) -> int | None:
        """The id of a member's collection by its page or its id on the network; None for any other address."""
        path = uri.removeprefix(self.base_url)
        found = _RECOMMENDED.fullmatch(path) if path != uri else None
        return parse(found[1]) if found else None

    def is_ours(self, uri: str) -> bool:
        """Whether an address is on this node: same scheme, host and port."""
        return uri == self.base_url or uri.startswith(self.base_url + "/")

    def local(self, uri: str) -> Local | None:
        """What an address of ours names, as id or as page; None for others' and for unknown forms."""
        if not self.is_ours(uri):
            return None
        try:
            path = urlsplit(uri).path.rstrip("/")
        except ValueError:
            return None
        if path == "/actor":
            return Local("instance", "")
        if found := _STATUS.fullmatch(path):
            return Local("status", found[1])
        if found := _COLLECTION.fullmatch(path):
            return Local(found[2].lower(), found[1].lower())  # type: ignore[arg-type]
        if found := _ACTOR.fullmatch(path) or _PAGE.fullmatch(path):
            return Local("actor", found[1].lower())
        return None


def origin(uri: str) -> str:
    """Scheme, host and port (FEP-fe34): two addresses of one origin speak for each other. '' for none."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    default = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{parts.hostname.lower()}:{port or default}"


def host(uri: str) -> str:
    """host or host:port, as lanes, budgets and domain blocks know another server; '' for no address."""
    try:
        return urlsplit(uri).netloc.rsplit("@", 1)[-1].lower()
    except ValueError:
        return ""
