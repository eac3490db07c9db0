"""The rules of the node."""

import msgspec


class Rule(msgspec.Struct, frozen=True):
    """What members promise, in a sentence; `hint` says more. A removed rule's id is not used again."""

    id: int
    text: str
    hint: str = ""
