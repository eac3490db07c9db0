"""Files."""

import msgspec


class MediaAttachment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A file of a post; `path` is below /media/."""

    id: int
    account_id: int
    status_id: int | None
    position: int
    kind: str
    mime: str
    path: str
    preview_path: str
    remote_url: str
    description: str
    blurhash: str
    meta: str
    bytes: int
    created_at: int


class RemoteFile(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A file of another server, cached when a member looks at it."""

    id: int
    url: str
    purpose: str
    blurhash: str
    path: str
    mime: str
    bytes: int
    viewed_at: int
    failed_at: int | None
    failures: int


class CustomEmoji(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A picture for a :shortcode:."""

    id: int
    shortcode: str
    domain: str
    uri: str
    path: str
    visible: bool
    category: str
    updated_at: int
