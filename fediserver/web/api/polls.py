"""Polls: https://docs.joinmastodon.org/methods/polls/."""

import msgspec
import orjson
from starlette.responses import Response

from fediserver.actions import vote as voting
from fediserver.activitypub.context import Context
from fediserver.db import polls as rows
from fediserver.errors import NotFound
from fediserver.models.poll import Poll
from fediserver.models.status import Status
from fediserver.views.entities import polls
from fediserver.views.entities.shelf import encode, shelf
from fediserver.web.api import targets
from fediserver.web.api.targets import id_of
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response


class Choices(msgspec.Struct):
    """The options that are chosen, counted from 0."""

    choices: list[int]


async def show(ctx: Context, viewer: Viewer | None, poll_id: int) -> Response:
    """GET /api/v1/polls/:id: a poll of a post that the viewer may see."""
    poll, status = await _found(ctx, viewer, poll_id)
    return await _answer(ctx, viewer, poll, status)


async def vote(ctx: Context, me: Viewer, poll_id: int, wish: Choices) -> Response:
    """POST /api/v1/polls/:id/votes."""
    poll, status = await _found(ctx, me, poll_id)
    await voting.vote(ctx, me.account, poll, wish.choices)
    return await _answer(ctx, me, poll, status)


async def _found(ctx: Context, viewer: Viewer | None, poll_id: int) -> tuple[Poll, Status]:
    poll = await rows.by_id(ctx.db, poll_id)
    if poll is None:
        raise NotFound
    return poll, await targets.status(ctx, viewer, poll.status_id)


async def _answer(ctx: Context, viewer: Viewer | None, poll: Poll, status: Status) -> Response:
    viewer_id = id_of(viewer)
    loaded = await ctx.db.read(lambda tx: polls.load(tx, [poll.id], viewer_id))
    emojis = encode(shelf(ctx, viewer_id).emojis(orjson.loads(status.emojis)))
    return json_response(
        polls.poll(
            loaded,
            poll.id,
            author_id=status.account_id,
            viewer_id=viewer_id,
            emojis=emojis,
            now=ctx.clock(),
        )
    )
