"""NodeInfo 2.0 and 2.1, and host-meta (RFC 6415): what this node says of itself to other servers."""

from typing import Literal, NamedTuple

from fediserver.activitypub.document import Document
from fediserver.activitypub.vocabulary import APPLICATION_REL
from fediserver.models.uris import Uris
from fediserver.text.compose import escape

Version = Literal["2.0", "2.1"]
VERSIONS: tuple[Version, ...] = ("2.0", "2.1")
SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
_CONTENT_TYPE = 'application/json; profile="{schema}{version}#"'
XRD_TYPE = "application/xrd+xml; charset=utf-8"


class Facts(NamedTuple):
    """What is told; users and posts are ours only, `active_*` those seen within a month and half a year."""

    version: str
    title: str
    description: str
    open_registrations: bool
    users: int
    active_month: int
    active_half_year: int
    posts: int
    comments: int


def content_type(version: Version) -> str:
    """The media type of the document of a version."""
    return _CONTENT_TYPE.format(schema=SCHEMA, version=version)


def well_known(uris: Uris) -> Document:
    """The index at /.well-known/nodeinfo, with the instance actor (FEP-2677)."""
    documents = [
        {"rel": f"{SCHEMA}{version}", "href": f"{uris.base_url}/nodeinfo/{version}"} for version in VERSIONS
    ]
    return {"links": [*documents, {"rel": APPLICATION_REL, "href": uris.instance_actor}]}


def document(version: Version, facts: Facts) -> Document:
    """The document of a version; apps for Mastodon look at `metadata.upstream`."""
    software = {"name": "fediserver", "version": facts.version}
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": facts.open_registrations,
        "usage": {
            "users": {
                "total": facts.users,
                "activeMonth": facts.active_month,
                "activeHalfyear": facts.active_half_year,
            },
            "localPosts": facts.posts,
            "localComments": facts.comments,
        },
        "metadata": {
            "nodeName": facts.title,
            "nodeDescription": facts.description,
            "upstream": {"name": "mastodon"},
        },
    }


def host_meta(uris: Uris) -> str:
    """The XRD at /.well-known/host-meta: where WebFinger is asked."""
    template = escape(f"{uris.base_url}/.well-known/webfinger?resource={{uri}}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" template="{template}"/></XRD>\n'
    )
