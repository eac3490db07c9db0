"""Links in posts."""

import msgspec


class Link(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A page that posts link to, as it describes itself; there is a card once `fetched_at` is set."""

    id: int
    url: str
    title: str
    description: str
    language: str | None
    author_name: str
    author_url: str
    author_id: int | None
    unconfirmed_id: int | None
    provider_name: str
    image: str
    image_width: int
    image_height: int
    image_description: str
    blurhash: str
    published_at: int | None
    fetched_at: int | None
    next_at: int
    failures: int
