"""What members choose to read, with the clients they use: lists, hashtags, people, servers, posts for later."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonDeprecationWarning, MastodonNotFoundError

from tests.clients.test_real_clients import logged_in
from tests.processes import Node

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def lists(rose: Mastodon, sage: Mastodon) -> None:
    """A list is made, filled, read, kept out of home, and deleted."""
    them = sage.account_verify_credentials()
    rose.account_follow(them)
    herbs = rose.list_create("Herbs", replies_policy="none")
    rose.list_accounts_add(herbs, [them])
    said = sage.status_post("Sow in May")
    assert [status.id for status in rose.timeline_list(herbs)] == [said.id]
    assert [account.id for account in rose.list_accounts(herbs, limit=0)] == [them.id]
    assert [one.id for one in rose.account_lists(them)] == [herbs.id]
    assert rose.list_update(herbs, "Kitchen herbs", exclusive=True).exclusive
    assert rose.timeline_home() == []
    rose.list_accounts_delete(herbs, [them])
    assert [status.id for status in rose.timeline_home()] == [said.id]
    rose.list_delete(herbs)
    assert rose.lists() == []


def tags(rose: Mastodon, basil: Mastodon) -> None:
    """A hashtag brings a stranger's post home, and one stands on a profile."""
    assert rose.tag_follow("Compost").following
    said = basil.status_post("Turn it! #compost")
    assert rose.timeline_home()[0].id == said.id
    assert [tag.name for tag in rose.followed_tags()] == ["Compost"]
    assert rose.tag("compost").history[0].uses == "1"
    assert not rose.tag_unfollow("Compost").following
    assert [tag.name for tag in basil.featured_tag_suggestions()] == ["Compost"]
    featured = basil.featured_tag_create("Compost")
    assert [tag.statuses_count for tag in rose.account_featured_tags(basil.me())] == ["1"]
    basil.featured_tag_delete(featured)
    assert basil.featured_tags() == []


def people(rose: Mastodon, sage: Mastodon, basil: Mastodon) -> None:
    """Endorsed, suggested and found people, and servers that are blocked."""
    assert rose.account_endorse(sage.me()).endorsed
    assert [account.username for account in rose.endorsements()] == ["sage"]
    assert not rose.account_unendorse(sage.me()).endorsed
    assert "basil" in [one.account.username for one in rose.suggestions_v2()]
    rose.suggestion_delete(basil.me())
    with pytest.warns(MastodonDeprecationWarning):
        assert "basil" not in [account.username for account in rose.suggestions_v1()]
    assert {account.username for account in rose.directory(local=True)} >= {"rose", "sage", "basil"}
    rose.domain_block("weeds.example")
    assert list(rose.domain_blocks()) == ["weeds.example"]
    rose.domain_unblock("weeds.example")
    assert list(rose.domain_blocks()) == []


def later(rose: Mastodon) -> None:
    """A post is planned, put off and cancelled."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    planned = rose.status_post("Open garden today", scheduled_at=soon)
    assert planned.params.text == "Open garden today"
    assert [one.id for one in rose.scheduled_statuses()] == [planned.id]
    put_off = rose.scheduled_status_update(planned, soon + timedelta(days=1))
    assert put_off.scheduled_at > planned.scheduled_at
    rose.scheduled_status_delete(planned)
    with pytest.raises(MastodonNotFoundError):
        rose.scheduled_status(planned)
    with pytest.raises(MastodonAPIError):
        rose.status_post("Too soon", scheduled_at=datetime.now(UTC) + timedelta(minutes=1))


async def test_mastodon_py_reads_and_plans_what_a_member_chooses(grounds: Node) -> None:
    rose, sage, basil = [await logged_in(grounds, name) for name in ("rose", "sage", "basil")]
    await asyncio.to_thread(lists, rose, sage)
    await asyncio.to_thread(tags, rose, basil)
    await asyncio.to_thread(people, rose, sage, basil)
    await asyncio.to_thread(later, rose)
