"""What we do with what others say: one file for each type of activity."""

from collections.abc import Awaitable, Callable

from fediserver.activitypub.context import Context
from fediserver.activitypub.document import Activity
from fediserver.activitypub.fetch import Budget
from fediserver.activitypub.handlers import (
    accept,
    add,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    quote_request,
    reject,
    remove,
    undo,
    update,
)
from fediserver.models.account import Account

Handler = Callable[[Context, Activity, Account, Budget], Awaitable[None]]

HANDLERS: dict[str, Handler] = {
    "Accept": accept.accept,
    "Add": add.add,
    "Announce": announce.announce,
    "Block": block.block,
    "Create": create.create,
    "Delete": delete.delete,
    # A reaction with a sign of one's own choice still means "I like this".
    "EmojiReact": like.like,
    "Flag": flag.flag,
    "Follow": follow.follow,
    "Like": like.like,
    "Move": move.move,
    "QuoteRequest": quote_request.quote_request,
    "Reject": reject.reject,
    "Remove": remove.remove,
    "Undo": undo.undo,
    "Update": update.update,
}
"""Types that change something here; all others are taken and ignored."""
