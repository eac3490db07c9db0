"""Posts, written: https://docs.joinmastodon.org/methods/statuses/#create."""

from collections.abc import Sequence

import msgspec
import orjson
from msgspec import UNSET, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from fediserver.actions import delete as deleting
from fediserver.actions import edit as editing
from fediserver.actions import quote as quoting
from fediserver.actions.edit import Revision
from fediserver.actions.publish import Draft, Unexpected, publish
from fediserver.actions.schedule import schedule
from fediserver.actions.write import PollDraft, domain_of
from fediserver.activitypub import lookup
from fediserver.activitypub.context import Context
from fediserver.db import accounts as account_rows
from fediserver.db import media
from fediserver.errors import BadRequest, Invalid
from fediserver.models.visibility import Visibility, named
from fediserver.text import compose
from fediserver.text.handles import Handle
from fediserver.views.entities import accounts, statuses
from fediserver.views.entities.scheduled import scheduled_status
from fediserver.views.entities.shelf import Json
from fediserver.web.api import targets
from fediserver.web.api.media import focal_point, forget
from fediserver.web.api.quotes import policy_of
from fediserver.web.api.scheduled import moment_of
from fediserver.web.api.statuses import answer
from fediserver.web.auth import Viewer
from fediserver.web.responses import json_response

FIRST_CONTACT_SECONDS = 3.0
"""How long a post waits for mentions of people whom nobody here has met; a job goes on looking."""

MENTIONS_ASKED = 20
_LONGEST_KEY = 255


class PollWish(msgspec.Struct):
    """A poll; `expires_in` in seconds."""

    options: list[str] = []
    expires_in: int = 86_400
    multiple: bool = False
    hide_totals: bool = False

    def draft(self) -> PollDraft | None:
        """None without options: some clients send an empty poll."""
        if not self.options:
            return None
        return PollDraft(
            options=self.options,
            expires_in=self.expires_in,
            multiple=self.multiple,
            hide_totals=self.hide_totals,
        )


class NewPost(msgspec.Struct):
    """A post as a client sends it."""

    status: str = ""
    media_ids: list[int] = []
    poll: PollWish | None = None
    in_reply_to_id: int | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: str | None = None
    language: str | None = None
    scheduled_at: str | None = None
    quoted_status_id: int | None = None
    quote_approval_policy: str | None = None
    allowed_mentions: list[int] | None = None


class MediaChange(msgspec.Struct):
    """New alt text and focus of an attachment."""

    id: int
    description: str | None = None
    focus: str | None = None


class EditedPost(msgspec.Struct):
    """A post as it is to be; what is None stays. Files and poll stay where they are left out, and go where empty."""

    status: str | None = None
    spoiler_text: str | None = None
    sensitive: bool | None = None
    language: str | None = None
    media_ids: list[int] | UnsetType | None = UNSET
    media_attributes: list[MediaChange] = []
    poll: PollWish | UnsetType | None = UNSET
    quote_approval_policy: str | None = None


async def create(ctx: Context, me: Viewer, request: Request, wanted: NewPost) -> Response:
    """POST /api/v1/statuses: publish a post, or keep it for later."""
    draft = Draft(
        text=wanted.status,
        spoiler_text=wanted.spoiler_text,
        visibility=_visibility(wanted.visibility),
        sensitive=wanted.sensitive,
        language=wanted.language,
        in_reply_to_id=wanted.in_reply_to_id,
        media_ids=wanted.media_ids,
        poll=wanted.poll.draft() if wanted.poll else None,
        application_id=me.token.application_id if me.token else None,
        idempotency_key=_key(request),
        quoted_id=wanted.quoted_status_id,
        quote_policy=policy_of(wanted.quote_approval_policy),
        allowed_mentions=wanted.allowed_mentions,
    )
    moment = moment_of(wanted.scheduled_at) if wanted.scheduled_at else None
    # A time that is past asks for nothing to wait for.
    if moment is not None and moment > ctx.clock():
        row = await schedule(ctx, me.account, draft, moment)
        return json_response(await scheduled_status(ctx, row, me.id))
    absent = await _meet(ctx, wanted.status)
    try:
        status = await publish(ctx, me.account, msgspec.structs.replace(draft, absent=absent))
    except Unexpected as error:
        body = {
            "error": str(error),
            "unexpected_accounts": await accounts.accounts(ctx, error.accounts, me.id),
        }
        return json_response(body, 422)
    return await answer(ctx, me, status)


async def edit(ctx: Context, me: Viewer, status_id: int, wanted: EditedPost) -> Response:
    """PUT /api/v1/statuses/:id: change one's own post."""
    status = await targets.own(ctx, me, status_id)
    policy = policy_of(wanted.quote_approval_policy)
    text = (status.text or "") if wanted.status is None else wanted.status
    spoiler = status.spoiler_text if wanted.spoiler_text is None else wanted.spoiler_text
    await _meet(ctx, text)
    files = await media.by_ids(ctx.db, [change.id for change in wanted.media_attributes])
    changes = {
        change.id: (
            files[change.id].description if change.description is None else change.description,
            focal_point(change.focus),
        )
        for change in wanted.media_attributes
        if change.id in files
    }
    edited = await editing.edit(
        ctx,
        me.account,
        status,
        Revision(
            text=text,
            spoiler_text=spoiler,
            sensitive=(status.sensitive if wanted.sensitive is None else wanted.sensitive) or bool(spoiler),
            language=status.language if wanted.language is None else wanted.language,
            media_ids=[] if wanted.media_ids is None else wanted.media_ids,
            media_changes=changes,
            poll=wanted.poll.draft() if isinstance(wanted.poll, PollWish) else wanted.poll,
        ),
    )
    if policy is not None:
        await quoting.set_policy(ctx, me.account, edited, policy)
    return await answer(ctx, me, edited)


class Deletion(msgspec.Struct):
    """Whether the post's files go at once, rather than a day later, so that it can be written anew with them."""

    delete_media: bool = False


async def delete(ctx: Context, me: Viewer, status_id: int, wanted: Deletion) -> Response:
    """DELETE /api/v1/statuses/:id: the answer has the text as typed, so that it can be written anew."""
    status = await targets.own(ctx, me, status_id)
    entity = await statuses.status(ctx, status, me.id)
    files = await media.of_statuses(ctx.db, [status.id]) if wanted.delete_media else ()
    await deleting.delete(ctx, me.account, status)
    for row in files:
        await forget(ctx, row)
    return json_response(_for_redraft(entity, status.text or ""))


def _for_redraft(entity: Json, text: str) -> dict[str, object]:
    """The entity with `text` in place of `content`."""
    fields: dict[str, object] = orjson.loads(bytes(entity))
    del fields["content"]
    return fields | {"text": text}


async def _meet(ctx: Context, text: str) -> frozenset[Handle]:
    """Ask other servers for people whom a text names and nobody here has met; answers who is not there."""
    named_here = compose.find(text).mentions[:MENTIONS_ASKED]
    unknown = await _unknown(ctx, named_here) if named_here else []
    if not unknown:
        return frozenset()
    return (await lookup.many_by_handle(ctx, unknown, FIRST_CONTACT_SECONDS)).absent


async def _unknown(ctx: Context, found: Sequence[Handle]) -> list[Handle]:
    return [
        handle
        for handle in found
        if domain_of(ctx, handle) and await account_rows.by_handle(ctx.db, handle.name, handle.domain) is None
    ]


def _visibility(word: str | None) -> Visibility | None:
    if not word:
        return None
    found = named(word)
    if found is None:
        raise Invalid("Validation failed: visibility must be public, unlisted, private or direct")
    return found


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > _LONGEST_KEY:
        raise BadRequest(f"Idempotency-Key has at most {_LONGEST_KEY} characters")
    return key
