"""MediaAttachment: https://docs.joinmastodon.org/entities/MediaAttachment/."""

import orjson

from fediserver.models.media import MediaAttachment
from fediserver.views.entities.shelf import Shelf


def attachment(shelved: Shelf, row: MediaAttachment) -> dict[str, object]:
    """A file of a post, or one that waits for its post."""
    url = shelved.file(row.path) if row.path else row.remote_url or None
    return {
        "id": str(row.id),
        "type": row.kind,
        "url": url,
        # A sound without a picture has none, and is none.
        "preview_url": shelved.file(row.preview_path)
        if row.preview_path
        else None
        if row.kind == "audio"
        else url,
        "remote_url": row.remote_url or None,
        "preview_remote_url": None,
        "text_url": None,
        "meta": orjson.loads(row.meta),
        "description": row.description or None,
        "blurhash": row.blurhash or None,
    }
