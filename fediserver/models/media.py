"""Files."""

import msgspec


class MediaAttachment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A file of a post; `path` is below /media/.

    A file of ours that has no path is not ready yet, or will never be: then `problem` says why, for its owner.
    """

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
    problem: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether there is a file to show."""
        return bool(self.path or self.remote_url)


class Conversion(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An upload that is to be made ready; its files are below the media folder, and their names begin with `stem`."""

    media_id: int
    account_id: int
    stem: str
    attempts: int
    run_at: int
    lease_by: str | None
    lease_until: int


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
