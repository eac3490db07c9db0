"""Members take their ties along as CSV files, and bring such files from elsewhere."""

from typing import Any

import httpx

from fediserver.actions import (
    block,
    bookmark,
    domain_block,
    follow,
    lists,
    moderate,
    mute,
    sessions,
    take_along,
)
from fediserver.actions.moderate import Decision
from fediserver.clock import DAY, HOUR, MINUTE, SECOND
from fediserver.db import imports
from fediserver.db.query import Query
from fediserver.jobs import housekeeping
from fediserver.models.account import Account
from fediserver.text.csv_files import KINDS
from fediserver.web.auth import cookie_name
from fediserver.web.pages import data
from tests.conftest import OpenTown
from tests.garden import form
from tests.town import Town, settle

PAGE = "/settings/data"


async def browser(town: Town, member: Account | None) -> httpx.AsyncClient:
    found = httpx.AsyncClient(
        transport=httpx.ASGITransport(town.app),
        base_url=town.ctx.config.base_url,
        headers={"accept": "text/html"},
    )
    if member is not None:
        token = await sessions.open_session(town.ctx, member, user_agent="test")
        found.cookies.set(cookie_name(town.ctx.config, "session"), token, domain=town.host)
    return found


async def bring(
    visitor: httpx.AsyncClient, kind: str, text: str | bytes, mode: str = "merge"
) -> httpx.Response:
    fields = await form(visitor, PAGE) | {"kind": kind, "mode": mode}
    content = text.encode() if isinstance(text, str) else text
    return await visitor.post(PAGE, data=fields, files={"file": (f"{kind}.csv", content, "text/csv")})


async def taken(visitor: httpx.AsyncClient, kind: str) -> str:
    answer = await visitor.get(f"/settings/exports/{kind}.csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{kind}.csv"'
    assert answer.headers["cache-control"] == "no-store"
    return answer.text


async def worked_on(*towns: Town) -> None:
    """Let steps that pause for a second come."""
    for _ in range(6):
        await settle(*towns)
        towns[0].clock.advance(2 * SECOND)


async def standing(town: Town, member: Account) -> tuple[int, int, int, bool]:
    row = (await imports.of_account(town.ctx.db, member.id, limit=1))[0]
    return row.total, row.done, row.failed, row.finished_at is not None


async def test_everything_is_taken_along_in_the_columns_of_mastodon(town: Town) -> None:
    alice, bob, carol = [await town.account(name) for name in ("alice", "bob", "carol")]
    await follow.follow(town.ctx, alice, bob, False, True, ["de", "en"])
    await follow.follow(town.ctx, alice, carol)
    herbs = await lists.create(town.ctx, alice, lists.Change(title='Herbs, "wild"'))
    await lists.add(town.ctx, alice, herbs.id, [carol.id])
    await mute.mute(town.ctx, alice, carol, False)
    await mute.mute(town.ctx, alice, bob, True, 60)
    town.clock.advance(MINUTE)
    await domain_block.block(town.ctx, alice, "bad.example")
    post = await town.post(bob, "worth keeping")
    await bookmark.add(town.ctx, alice, post)
    member = await browser(town, alice)
    assert await taken(member, "follows") == (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "carol@oak.example,true,false,\n"
        'bob@oak.example,false,true,"de, en"\n'
    )
    assert await taken(member, "mutes") == "Account address,Hide notifications\ncarol@oak.example,false\n"
    assert await taken(member, "domain_blocks") == "bad.example\n"
    assert await taken(member, "bookmarks") == f"{post.uri}\n"
    assert await taken(member, "lists") == '"Herbs, ""wild""",carol@oak.example\n'
    await block.block(town.ctx, alice, bob)
    assert await taken(member, "blocks") == "bob@oak.example\n"
    assert await taken(await browser(town, bob), "blocks") == ""


async def test_only_the_member_gets_the_files(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    row = await take_along.begin(town.ctx, alice, "blocks", [], overwrite=False)
    stranger, other = await browser(town, None), await browser(town, bob)
    failed = f"/settings/imports/{row.id}/failures.csv"
    for path in (PAGE, "/settings/exports/follows.csv", failed):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/auth/sign_in?next={PAGE}")
    for path in (
        failed,
        "/settings/imports/x/failures.csv",
        "/settings/exports/keys.csv",
        "/settings/exports/x",
    ):
        assert (await other.get(path)).status_code == 404
    assert (await (await browser(town, alice)).get(failed)).status_code == 200


async def test_follows_are_brought_from_here_and_elsewhere(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob = await oak.account("alice"), await oak.account("bob")
    carol = await elm.account("carol")
    member = await browser(oak, alice)
    file = (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "carol@elm.example,false,true,de\nBob@oak.example,true,false,\n"
        "nobody@elm.example,true,false,\nghost@oak.example,,,\nnot a handle,,,\nalice@oak.example,,,\n"
    )
    answer = await bring(member, "follows", file)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    page = (await member.get(PAGE)).text
    assert "0 of 6 taken over" in page
    assert "<progress" in page
    await worked_on(oak, elm)
    assert await standing(oak, alice) == (6, 2, 4, True)
    assert await taken(member, "follows") == (
        "Account address,Show boosts,Notify on new posts,Languages\n"
        "carol@elm.example,false,true,de\nbob@oak.example,true,false,\n"
    )
    assert (await elm.now(carol)).followers_count == 1
    assert (await oak.now(bob)).followers_count == 1
    page = (await member.get(PAGE)).text
    assert "2 of 6 taken over" in page
    assert "4 failed" in page
    assert "<progress" not in page
    row = (await imports.of_account(oak.ctx.db, alice.id, limit=1))[0]
    failed = (await member.get(f"/settings/imports/{row.id}/failures.csv")).text
    assert [line.partition(",")[0] for line in failed.splitlines()[1:]] == [
        "nobody@elm.example",
        "ghost@oak.example",
        "not a handle",
        "alice@oak.example",
    ]


async def test_a_file_that_replaces_all_ends_what_is_not_in_it(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, bob, dora = [await oak.account(name) for name in ("alice", "bob", "dora")]
    await elm.account("carol")
    member = await browser(oak, alice)
    assert (await bring(member, "follows", "carol@elm.example\nbob\n")).status_code == 303
    await worked_on(oak, elm)
    carol = await oak.known("carol@elm.example")
    for one in (bob, dora):
        await mute.mute(oak.ctx, alice, one)
        await block.block(oak.ctx, dora, one) if one is not dora else None
    posts = [await oak.post(bob, text) for text in ("one", "two")]
    for post in posts:
        await bookmark.add(oak.ctx, alice, post)
    for host in ("bad.example", "worse.example"):
        await domain_block.block(oak.ctx, alice, host)
    herbs = await lists.create(oak.ctx, alice, lists.Change(title="Herbs"))
    await lists.create(oak.ctx, alice, lists.Change(title="Weeds"))
    await lists.add(oak.ctx, alice, herbs.id, [carol.id, bob.id])
    for kind, file in (
        ("lists", "Herbs,bob@oak.example\nTrees,carol@elm.example\n"),
        ("mutes", "bob@oak.example\n"),
        ("domain_blocks", "Worse.example\nworst.example\noak.example\n"),
        ("bookmarks", f"{posts[1].uri}\nhttps://oak.example/@bob/1\n"),
    ):
        assert (await bring(member, kind, file, "overwrite")).status_code == 303
        await worked_on(oak, elm)
        assert (await standing(oak, alice))[3]
    assert await taken(member, "lists") == "Herbs,bob@oak.example\nTrees,carol@elm.example\n"
    assert await taken(member, "mutes") == "Account address,Hide notifications\nbob@oak.example,true\n"
    assert sorted((await taken(member, "domain_blocks")).split()) == ["worse.example", "worst.example"]
    assert await taken(member, "bookmarks") == f"{posts[1].uri}\n"
    assert (await bring(member, "follows", "bob@oak.example\n", "overwrite")).status_code == 303
    await worked_on(oak, elm)
    assert "carol" not in await taken(member, "follows")
    assert "bob" in await taken(member, "follows")


async def test_many_ties_are_ended_step_by_step(town: Town) -> None:
    alice = await town.account("alice")
    for number in range(take_along.ENDED_AT_ONCE + 5):
        await block.block(town.ctx, alice, await town.account(f"p{number}"))
    member = await browser(town, alice)
    await bring(member, "blocks", "p3@oak.example\n", "overwrite")
    await town.settle()
    assert await taken(member, "blocks") == "p3@oak.example\n"
    assert await standing(town, alice) == (1, 1, 0, True)


async def test_posts_are_bookmarked_by_their_address_if_the_member_may_see_them(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice, carol = await oak.account("alice"), await elm.account("carol")
    seen, hidden = await elm.post(carol, "for all"), await elm.post(carol, "for few", "private")
    member = await browser(oak, alice)
    await bring(member, "bookmarks", f"{seen.uri}\n{hidden.uri}\n{carol.uri}\nnonsense\n")
    await worked_on(oak, elm)
    assert await standing(oak, alice) == (4, 1, 3, True)
    assert await taken(member, "bookmarks") == f"{seen.uri}\n"


async def test_a_server_that_is_away_is_asked_again_and_not_for_ever(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice = await oak.account("alice")
    await elm.account("carol")
    post = await elm.post(await elm.account("dan"), "hello")
    member = await browser(oak, alice)
    oak.network.down.add("elm.example")
    await bring(member, "blocks", "carol@elm.example\n")
    await worked_on(oak)
    await bring(member, "bookmarks", f"{post.uri}\n")
    await worked_on(oak)
    assert await standing(oak, alice) == (1, 0, 0, False)
    oak.network.down.clear()
    oak.clock.advance(11 * MINUTE)
    await worked_on(oak, elm)
    assert await standing(oak, alice) == (1, 1, 0, True)
    assert await taken(member, "blocks") == "carol@elm.example\n"

    oak.network.down.add("fir.example")
    await bring(member, "blocks", "erin@fir.example\n")
    for wait in (MINUTE, 11 * MINUTE, 3 * HOUR, 25 * HOUR):
        await worked_on(oak)
        oak.clock.advance(wait)
    await worked_on(oak)
    assert await standing(oak, alice) == (1, 0, 1, True)


async def test_few_questions_go_to_one_server_at_a_time(open_town: OpenTown) -> None:
    oak, elm = await open_town("oak.example"), await open_town("elm.example")
    alice = await oak.account("alice")
    people = [await elm.account(f"p{number}") for number in range(6)]
    await bring(
        await browser(oak, alice), "blocks", "".join(f"{one.username}@elm.example\n" for one in people)
    )
    oak.network.requests.clear()
    await oak.settle()

    def asked() -> int:
        return len({request.url.query for request in oak.network.requests if "webfinger" in request.url.path})

    assert asked() == 2
    oak.clock.advance(2 * SECOND)
    await oak.settle()
    assert asked() == 4
    await worked_on(oak, elm)
    assert await standing(oak, alice) == (6, 6, 0, True)


async def test_what_cannot_be_taken_in_is_said_on_the_page(town: Town) -> None:
    alice = await town.account("alice")
    member = await browser(town, alice)
    for kind, file, text in (
        ("follows", "", "The file is empty"),
        ("lists", "Account address\nbob@oak.example\n", "something else"),
        ("secrets", "x\n", "Choose what is in the file"),
        ("follows", b"\xff\xff", "UTF-8"),
    ):
        answer = await bring(member, kind, file)
        assert answer.status_code == 422
        assert text in answer.text
    fields = await form(member, PAGE) | {"kind": "follows"}
    assert "Choose a file" in (await member.post(PAGE, data=fields)).text
    assert (await member.post(PAGE, data={"kind": "follows"})).status_code == 403, "not from our own page"
    huge = await bring(member, "blocks", b"x" * (data.FILE_BYTES + (1 << 20)))
    assert huge.status_code == 413
    assert await imports.of_account(town.ctx.db, alice.id, limit=9) == []


async def test_three_files_are_worked_on_at_a_time_and_forgotten_after_two_weeks(town: Town) -> None:
    alice = await town.account("alice")
    member = await browser(town, alice)
    for _ in range(take_along.UNFINISHED):
        assert (await bring(member, "blocks", "bob@far.example\n")).status_code == 303
    refused = await bring(member, "blocks", "bob@far.example\n")
    assert refused.status_code == 422
    assert "wait until one of them is done" in refused.text
    await housekeeping.tidy(town.ctx)
    assert len(await imports.of_account(town.ctx.db, alice.id, limit=9)) == take_along.UNFINISHED
    town.clock.advance(15 * DAY)
    await housekeeping.tidy(town.ctx)
    assert await imports.of_account(town.ctx.db, alice.id, limit=9) == []


async def test_of_one_member_the_newest_files_are_kept(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    member, other = await browser(town, alice), await browser(town, bob)
    await bring(other, "blocks", "not a handle\n")
    for _ in range(take_along.KEPT + 2):
        await bring(member, "blocks", "not a handle\n")
        await worked_on(town)
    kept = await imports.of_account(town.ctx.db, alice.id, limit=99)
    assert [(row.failed, row.finished_at is not None) for row in kept] == [(1, True)] * take_along.KEPT
    assert len(await imports.of_account(town.ctx.db, bob.id, limit=99)) == 1
    lines = await town.ctx.db.rows(Query("select count(*) from import_lines"))
    assert lines[0][0] == take_along.KEPT + 1, "lines go with their file"


async def test_the_file_of_somebody_who_is_shut_out_rests(town: Town) -> None:
    alice, bob = await town.account("alice"), await town.account("bob")
    await bring(await browser(town, alice), "blocks", "bob@oak.example\n")
    await moderate.take(town.ctx, alice.id, "suspend", Decision(by=None))
    await town.settle()
    assert await take_along.taken(town.ctx, alice, "blocks") == []
    assert bob.id


async def test_the_page_has_a_file_for_each_kind(town: Any) -> None:
    page = (await (await browser(town, await town.account("alice"))).get(PAGE)).text
    for kind in KINDS:
        assert f'href="/settings/exports/{kind}.csv"' in page
        assert f'<option value="{kind}"' in page


async def test_a_file_with_characters_that_no_text_has_is_refused(town: Town) -> None:
    """PostgreSQL keeps no NUL: such a line would be tried for two days, and its file never be done."""
    alice = await town.account("alice")
    visitor = await browser(town, alice)
    for kind, line in (("bookmarks", "https://elm.example/\0"), ("lists", "Her\0bs,alice")):
        answer = await bring(visitor, kind, f"{line}\n")
        await worked_on(town)
        assert await imports.of_account(town.ctx.db, alice.id, limit=1) == []
        assert answer.status_code == 422
