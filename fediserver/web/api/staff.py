"""Who may use the moderators' part of the API."""

from fediserver.actions import moderate
from fediserver.errors import Forbidden
from fediserver.models.account import User
from fediserver.web.auth import Viewer


def moderator(me: Viewer) -> User:
    """The log-in of a member who moderates; Forbidden for others, and for who acts as a group."""
    return _of_role(me, "moderator")


def admin(me: Viewer) -> User:
    """The log-in of a member who administrates the node."""
    return _of_role(me, "admin")


def _of_role(me: Viewer, role: str) -> User:
    if me.id != me.user.account_id:
        raise Forbidden("A group moderates nobody; sign in as yourself")
    moderate.demand(me.user, role)
    return me.user
