"""What a node says of itself."""

import msgspec


class LongText(msgspec.Struct, frozen=True):
    """A text of several paragraphs: HTML, and when it was written, in milliseconds."""

    content: str
    updated_at: int


class Terms(msgspec.Struct, frozen=True):
    """Terms of service as they are from a day on (`2026-09-03`); HTML."""

    effective_date: str
    content: str


class About(msgspec.Struct, frozen=True):
    """Everything; what nobody has written is empty or None. Terms are in order of their days."""

    title: str = ""
    description: str = ""
    contact_email: str = ""
    source_url: str = ""
    extended_description: LongText | None = None
    privacy_policy: LongText | None = None
    terms_of_service: list[Terms] = []
