"""A client that people use, against a running node: Mastodon.py, logged in through the pages."""

import asyncio
import io
import queue
import threading
import time
from typing import Any

import pytest
from mastodon import Mastodon, StreamListener
from PIL import Image

from tests import films
from tests.clients.door import authorise
from tests.processes import Node

SCOPES = ["read", "write", "follow", "push"]
# Nobody fetches anything while these run.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    # Whatever wants the version asks for the first description of the node, which is said to be deprecated.
    pytest.mark.filterwarnings("ignore:Endpoint /api/v1/instance:mastodon.errors.MastodonDeprecationWarning"),
]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (60, 120, 40)).save(made, "PNG")
    return made.getvalue()


async def logged_in(garden: Node, name: str) -> Mastodon:
    """Mastodon.py with a token that it got itself."""
    base = garden.base_url

    def register() -> tuple[Mastodon, str]:
        client_id, secret = Mastodon.create_app("bench", scopes=SCOPES, api_base_url=base)
        client = Mastodon(
            client_id=client_id, client_secret=secret, api_base_url=base, version_check_mode="none"
        )
        return client, client.auth_request_url(scopes=SCOPES, allow_http=True)

    client, url = await asyncio.to_thread(register)
    browser = await garden.client()
    code = await authorise(browser, url, name=name)
    await asyncio.to_thread(client.log_in, code=code, scopes=SCOPES, allow_http=True)
    return client


async def test_mastodon_py_posts_reads_pages_follows_and_searches(garden: Node) -> None:
    rose, sage = await logged_in(garden, "rose"), await logged_in(garden, "sage")

    def talk() -> dict[str, Any]:
        me = sage.account_verify_credentials()
        found = rose.account_search("sage")
        assert [account.username for account in found] == ["sage"]
        assert rose.account_follow(found[0]).following
        media = sage.media_post(
            picture(), mime_type="image/png", description="A green bed", focus=(0.1, -0.2)
        )
        assert media.description == "A green bed"
        first = sage.status_post("Look what grows", media_ids=[media], language="en", idempotency_key="one")
        again = sage.status_post("Look what grows", media_ids=[media], language="en", idempotency_key="one")
        assert first.id == again.id
        poll = sage.make_poll(["beans", "peas"], expires_in=600)
        asked = sage.status_post("What next?", poll=poll, visibility="unlisted", spoiler_text="garden")
        voted = rose.poll_vote(rose.status(asked).poll, [1])
        assert [option.votes_count for option in voted.options] == [0, 1]
        for number in range(25):
            sage.status_post(f"note {number} #beans")
        return {"me": me, "first": first, "asked": asked}

    said = await asyncio.to_thread(talk)

    def read() -> None:
        page = rose.timeline_home(limit=10)
        everything = rose.fetch_remaining(page)
        texts = [status.content for status in everything]
        assert len(texts) == 27
        assert len({status.id for status in everything}) == 27
        assert "Look what grows" in texts[-1]
        tagged = rose.timeline_hashtag("beans", limit=5)
        assert [status.content.count("note") for status in tagged] == [1] * 5
        assert rose.status_reblog(said["first"]).reblog.id == said["first"].id
        assert rose.status_favourite(said["first"]).favourited
        kinds = {note.type for note in sage.notifications()}
        assert kinds >= {"follow", "reblog", "favourite"}
        thread = rose.status_post("@sage lovely", in_reply_to_id=said["first"])
        assert [reply.id for reply in sage.status_context(said["first"]).descendants] == [thread.id]
        edited = sage.status_update(
            said["first"], status="Look what grows now", media_ids=said["first"].media_attachments
        )
        assert edited.edited_at is not None
        assert len(sage.status_history(edited)) == 2
        assert rose.search_v2("sage").accounts[0].username == "sage"
        quote = rose.status_post("worth a look", quoted_status_id=edited)
        assert (quote.quote.state, quote.quote.quoted_status.id) == ("accepted", edited.id)
        assert [one.id for one in sage.status_quotes(edited)] == [quote.id]
        assert sage.status_quote_revoke(edited, quote).quote.state == "revoked"
        gone = sage.status_delete(edited)
        assert gone.text == "Look what grows now"
        assert rose.instance_v1().uri
        sage.account_update_credentials(display_name="Sage of the garden", note="I grow herbs")
        assert rose.account(said["me"]).display_name == "Sage of the garden"

    await asyncio.to_thread(read)


# The first API for filters says that it is deprecated.
@pytest.mark.filterwarnings("ignore::mastodon.errors.MastodonDeprecationWarning")
async def test_mastodon_py_filters_groups_asks_and_converses(garden: Node) -> None:
    rose, sage = await logged_in(garden, "rose"), await logged_in(garden, "sage")

    def filters() -> None:
        words = [{"keyword": "slug", "whole_word": True}, {"keyword": "snail", "whole_word": False}]
        made = rose.create_filter_v2("Pests", ["home", "public"], "warn", 3600, words)
        slug, snail = made.keywords
        said = sage.status_post("Snails and a slug")
        result = rose.status(said).filtered[0]
        assert (result.filter.title, result.keyword_matches) == ("Pests", ["slug", "snail"])
        changed = rose.update_filter_v2(
            made, title="Guests", keywords_attributes=[{"id": slug.id, "_destroy": True}]
        )
        assert [word.keyword for word in changed.keywords] == ["snail"]
        added = rose.add_filter_keyword_v2(made, "moth")
        assert [word.keyword for word in rose.filter_keywords_v2(made)] == ["snail", "moth"]
        rose.delete_filter_keyword_v2(added)
        post = rose.add_filter_status_v2(made, said)
        assert rose.filter_statuses_v2(made)[0].status_id == said.id
        rose.delete_filter_status_v2(post)
        assert rose.filter(snail.id).phrase == "snail"
        single = rose.filter_create("aphid", ["home"], whole_word=False)
        assert rose.filter_update(single, whole_word=True).phrase == "aphid"
        assert len(rose.filters()) == 2
        rose.filter_delete(single)
        rose.delete_filter_v2(made)
        assert rose.filters_v2() == []

    def notifications() -> None:
        said = sage.status_post("Who likes beans?")
        rose.status_favourite(said)
        rose.status_reblog(said)
        found = sage.grouped_notifications()
        assert {group.type for group in found.notification_groups} == {"favourite", "reblog"}
        likes = next(group for group in found.notification_groups if group.type == "favourite")
        assert [account.username for account in sage.grouped_notification_accounts(likes.group_key)] == [
            "rose"
        ]
        assert len(sage.grouped_notification(likes.group_key).notification_groups) == 1
        assert sage.unread_grouped_notifications_count() == 2
        sage.dismiss_grouped_notification(likes.group_key)
        assert [note.type for note in sage.notifications()] == ["reblog"]

        policy = sage.update_notifications_policy(for_not_following="filter")
        assert policy.for_not_following == "filter"
        rose.status_post("@sage may I have some?", visibility="direct")
        assert [note.type for note in sage.notifications(mentions_only=True)] == []
        assert sage.notifications_policy().summary.pending_requests_count == 1
        request = sage.notification_requests()[0]
        assert request.account.username == "rose"
        assert sage.notification_request(request).last_status.visibility == "direct"
        sage.accept_multiple_notification_requests([request])
        assert sage.notifications_merged()
        assert [note.type for note in sage.notifications(mentions_only=True)] == ["mention"]

    def converse() -> None:
        talk = sage.conversations()[0]
        assert (talk.unread, [account.username for account in talk.accounts]) == (True, ["rose"])
        assert not sage.conversations_read(talk).unread
        sage.status_post("@rose help yourself", visibility="direct", in_reply_to_id=talk.last_status)
        assert [one.unread for one in rose.conversations()] == [True]

    for part in (filters, notifications, converse):
        await asyncio.to_thread(part)


class Heard(StreamListener):
    """What Mastodon.py makes of a stream."""

    def __init__(self) -> None:
        self.told: queue.Queue[tuple[str, Any]] = queue.Queue()

    def about(self, key: str, count: int) -> list[tuple[str, Any]]:
        """The first events about that post, or with sage."""
        found: list[tuple[str, Any]] = []
        while len(found) < count:
            told = self.told.get(timeout=20)
            if told[1] in (key, "sage"):
                found.append(told)
        return found

    def on_update(self, status: Any) -> None:
        self.told.put(("update", str(status.id)))

    def on_status_update(self, status: Any) -> None:
        self.told.put(("status.update", str(status.id)))

    def on_delete(self, status_id: Any) -> None:
        self.told.put(("delete", str(status_id)))

    def on_notification(self, notification: Any) -> None:
        self.told.put((notification.type, notification.account.username))

    def on_abort(self, err: Exception) -> None:
        self.told.put(("abort", err))


async def test_mastodon_py_streams_in_both_ways(garden: Node) -> None:
    rose, sage = await logged_in(garden, "rose"), await logged_in(garden, "sage")

    def listen() -> None:
        rose.account_follow(rose.account_search("sage")[0])
        assert rose.stream_healthy()
        streams = {"user": Heard(), "tag": Heard(), "socket": Heard(), "public": Heard()}
        handles = [
            rose.stream_user(streams["user"], run_async=True),
            rose.stream_hashtag("beans", streams["tag"], run_async=True),
            rose.stream_local(streams["public"], run_async=True),
            rose.stream_open_websocket(streams["socket"]),  # type: ignore[no-untyped-call]
        ]
        handles[-1].subscribe("user")
        while not all(handle.is_receiving() for handle in handles):
            time.sleep(0.05)
        # Nothing answers a subscription by message: until it has come, what is posted is not heard.
        while streams["socket"].told.empty():
            sage.status_post("Are you there?")
            time.sleep(0.1)
        status = sage.status_post("@rose #beans")
        sage.status_update(status, status="@rose more #beans")
        sage.status_delete(status)
        key = str(status.id)
        whole = [("update", key), ("mention", "sage"), ("status.update", key), ("delete", key)]
        for name, heard in streams.items():
            expected = whole if name in ("user", "socket") else [one for one in whole if one[0] != "mention"]
            assert heard.about(key, len(expected)) == expected, name
        # It notices that it was closed when the next event comes.
        closing = [threading.Thread(target=handle.close) for handle in handles]
        for one in closing:
            one.start()
        while any(one.is_alive() for one in closing):
            sage.status_post("#beans again")
            time.sleep(0.1)

    await asyncio.to_thread(listen)


@pytest.mark.needs_tool("ffmpeg")
async def test_mastodon_py_posts_a_video_and_a_sound(garden: Node) -> None:
    rose = await logged_in(garden, "rose")

    def post() -> None:
        # The library asks until it is ready.
        film = rose.media_post(
            films.film("webm"),
            mime_type="video/webm",
            description="A test card",
            thumbnail=picture(),
            thumbnail_mime_type="image/png",
            synchronous=True,
        )
        assert (film.type, film.description) == ("video", "A test card")
        assert film.url.endswith(".mp4")
        assert film.meta.original.width == 320
        assert film.meta.small.width == 64
        status = rose.status_post("Look", media_ids=[film])
        assert status.media_attachments[0].url == film.url
        tone = rose.media_post(films.sound("mp3"), mime_type="audio/mpeg", synchronous=True)
        assert tone.type == "audio"
        assert rose.status_post("Listen", media_ids=[tone]).media_attachments[0].type == "audio"
        loop = rose.media_post(films.gif(), mime_type="image/gif", synchronous=True)
        assert loop.type == "gifv"

    await asyncio.to_thread(post)
