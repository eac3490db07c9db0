"""Accounts and what belongs to them."""

import msgspec


class Account(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A person, group or service, ours (`domain` is empty) or remote.

    `silenced_by_rule`: with its whole server, and not by a decision about itself.
    """

    id: int
    username: str
    domain: str
    uri: str
    url: str
    actor_type: str
    display_name: str
    note: str
    note_text: str
    fields: str
    emojis: str
    avatar: str
    header: str
    host_id: int | None
    inbox: str
    shared_inbox: str
    outbox: str
    followers_uri: str
    following_uri: str
    featured_uri: str
    aliases: str
    moved_to_id: int | None
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    hide_collections: bool
    statuses_count: int
    followers_count: int
    following_count: int
    last_status_at: int | None
    created_at: int
    refreshed_at: int
    suspended_at: int | None
    silenced_at: int | None
    deleted_at: int | None
    version: int
    avatar_description: str = ""
    header_description: str = ""
    show_media: bool = True
    show_media_replies: bool = True
    show_featured: bool = True
    sensitized_at: int | None = None
    suspended_there: bool = False
    suspended_with_host: bool = False
    avatar_still: str = ""
    header_still: str = ""
    silenced_by_rule: bool = False

    @property
    def is_suspended_here(self) -> bool:
        """Whether somebody here decided so about this very account."""
        return self.suspended_at is not None and not self.suspended_there and not self.suspended_with_host


class Key(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A public key, with its private half where the account is ours.

    `fetched_at` is when it came, `asked_at` when its server was last asked for it though it was here (ms).
    """

    id: str
    account_id: int
    algorithm: str
    public_pem: str
    private_pem: str | None
    fetched_at: int
    asked_at: int = 0


class User(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A local log-in."""

    account_id: int
    email: str
    password_hash: str
    role: str
    locale: str
    default_visibility: str
    default_sensitive: bool
    default_language: str | None
    reason: str
    created_at: int
    confirmed_at: int | None
    approved_at: int | None
    disabled_at: int | None
    last_seen_at: int | None
    default_quote_policy: str = "public"
    made_by_app_id: int | None = None
