"""List: https://docs.joinmastodon.org/entities/List/."""

from fediserver.models.lists import AccountList


def account_list(row: AccountList) -> dict[str, object]:
    """A List."""
    return {
        "id": str(row.id),
        "title": row.title,
        "replies_policy": row.replies_policy,
        "exclusive": row.exclusive,
    }
