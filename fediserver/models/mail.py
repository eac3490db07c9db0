"""Mail: what waits to be sent, and a letter as it is sent."""

import msgspec

CONFIRM = "confirm"
PASSWORD = "password"  # noqa: S105 - the name of a purpose
APPROVED = "approved"


class Mail(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Mail that waits: what it is for and to whom; it is put into words when it is sent."""

    id: int
    purpose: str
    address: str
    locale: str
    link_hash: str
    attempts: int
    run_at: int
    give_up_at: int
    lease_by: str | None
    lease_until: int
    last_error: str


class Letter(msgspec.Struct, frozen=True):
    """Mail in words; `number` names it, so that a second copy can be told as one."""

    number: int
    to: str
    subject: str
    text: str
