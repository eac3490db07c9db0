"""RelationshipSeveranceEvent: https://docs.joinmastodon.org/entities/RelationshipSeveranceEvent/."""

from fediserver.clock import isoformat
from fediserver.models.severance import Severance


def severance(row: Severance) -> dict[str, object]:
    """What a member lost; no list of names is kept here."""
    return {
        "id": str(row.id),
        "type": "user_domain_block",
        "purged": True,
        "target_name": row.target_name,
        "followers_count": row.followers_count,
        "following_count": row.following_count,
        "created_at": isoformat(row.created_at),
    }
