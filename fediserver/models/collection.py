"""Collections: accounts that a member recommends to others."""

from enum import IntEnum

import msgspec


class ItemState(IntEnum):
    """Whether who is recommended agrees."""

    ACCEPTED = 1
    REVOKED = 3

    @property
    def word(self) -> str:
        """As the API calls it."""
        return self.name.lower()


class Collection(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member's collection; who opens it by its address needs no `discoverable`. Times in ms."""

    id: int
    account_id: int
    name: str
    description: str
    language: str | None
    sensitive: bool
    discoverable: bool
    tag_id: int | None
    created_at: int
    updated_at: int


class CollectionItem(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An account in a collection."""

    id: int
    collection_id: int
    account_id: int
    state: ItemState
    created_at: int
