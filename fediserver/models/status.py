"""Posts."""

import msgspec

from fediserver.models.visibility import QuotePolicy, QuoteRules, Visibility


class Status(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A post, or a boost of one (then only `reblog_of_id` and its own times count).

    `quote_policy` is who may quote it without being asked about, `quote_manual` about whom its author decides.
    """

    id: int
    uri: str
    url: str
    account_id: int
    object_type: str
    visibility: Visibility
    in_reply_to_id: int | None
    in_reply_to_account_id: int | None
    in_reply_to_uri: str | None
    reblog_of_id: int | None
    conversation_id: int
    context_uri: str | None
    group_id: int | None
    sensitive: bool
    spoiler_text: str
    content: str
    text: str | None
    language: str | None
    name: str
    mentions: str
    tags: str
    emojis: str
    media_count: int
    poll_id: int | None
    application_id: int | None
    replies_count: int
    reblogs_count: int
    favourites_count: int
    created_at: int
    edited_at: int | None
    version: int
    quotes_count: int = 0
    quote_policy: QuotePolicy = QuotePolicy.NOBODY
    quote_id: int | None = None
    quote_manual: QuotePolicy = QuotePolicy.NOBODY

    @property
    def quote_rules(self) -> QuoteRules:
        """Who may quote it."""
        return QuoteRules(self.quote_policy, self.quote_manual, self.visibility)


class StatusEdit(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A former or present version of a post."""

    id: int
    status_id: int
    content: str
    spoiler_text: str
    sensitive: bool
    media: str
    poll: str | None
    emojis: str
    created_at: int
