"""A thread in the order in which clients show it: https://docs.joinmastodon.org/entities/Context/."""

from collections.abc import Sequence

from fediserver.db.status_lists import Knot


def ancestors(knots: Sequence[Knot], status_id: int, most: int) -> list[int]:
    """Ids from the root down to the parent; when there are more than `most`, those nearest to the post."""
    parents = {knot.id: knot.parent_id for knot in knots}
    found: list[int] = []
    one = parents.get(status_id)
    # A thread is a tree, but who says that a stranger's is.
    while one is not None and one in parents and one not in found and len(found) < most:
        found.append(one)
        one = parents[one]
    return found[::-1]


def descendants(knots: Sequence[Knot], status_id: int, most: int, depth: int) -> list[int]:
    """Ids of all that hangs on the post, depth first; of siblings, the author's own replies come first."""
    authors = {knot.id: knot.account_id for knot in knots}
    children: dict[int, list[Knot]] = {}
    for knot in knots:
        if knot.parent_id is not None:
            children.setdefault(knot.parent_id, []).append(knot)
    found: list[int] = []
    waiting = [(child, 1) for child in _sorted(children.get(status_id, ()), authors.get(status_id))[::-1]]
    seen = {status_id}
    while waiting and len(found) < most:
        knot, level = waiting.pop()
        if knot.id in seen:
            continue
        seen.add(knot.id)
        found.append(knot.id)
        if level < depth:
            below = _sorted(children.get(knot.id, ()), knot.account_id)
            waiting.extend((child, level + 1) for child in below[::-1])
    return found


def _sorted(knots: Sequence[Knot], author_id: int | None) -> list[Knot]:
    """Replies by whom they answer first, then by time."""
    return sorted(knots, key=lambda knot: (knot.account_id != author_id, knot.id))
