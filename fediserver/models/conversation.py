"""Conversations: what was written directly among the same people."""

from collections.abc import Iterable

import msgspec


class Conversation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A member's side of what was written directly within one thread among the same people.

    `participants` are the ids of all of them, the member too, as `joined` writes them.
    """

    id: int
    account_id: int
    conversation_id: int
    participants: str
    last_status_id: int
    unread: bool

    @property
    def others(self) -> list[int]:
        """Everybody but the member; the member themselves when they write to nobody else."""
        everybody = [int(one) for one in self.participants.split(",")]
        return [one for one in everybody if one != self.account_id] or everybody


def joined(account_ids: Iterable[int]) -> str:
    """Who takes part, as rows keep it: each once, in order."""
    return ",".join(str(one) for one in sorted(set(account_ids)))
