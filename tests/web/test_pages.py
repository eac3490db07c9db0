import json
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msgspec
import pytest

from fediserver.actions import about, access, register, rules, sessions
from fediserver.actions.delete import delete
from fediserver.actions.publish import Draft, publish
from fediserver.actions.write import PollDraft
from fediserver.db import accounts, media
from fediserver.models.account import Account
from fediserver.models.media import MediaAttachment
from fediserver.models.status import Status
from fediserver.models.visibility import Visibility
from fediserver.views import media_keys
from fediserver.web.pages import kit, show
from tests.browser.markup import check_html
from tests.garden import BASE, PASSWORD, Garden, form, hidden, unlisted

DRESS = unlisted("""
    update accounts set display_name = :name, note = :note, fields = :fields, emojis = :emojis where id = :id
""")
SUSPEND = unlisted("update accounts set suspended_at = 1 where id = :id")
DELETE = unlisted("update accounts set deleted_at = 1 where id = :id")
PIN = unlisted(
    "insert into pins (id, account_id, status_id, created_at) values (1, :account_id, :status_id, 1)"
)


async def checked(browser: httpx.AsyncClient, path: str, status: int = 200) -> str:
    """The page, once it has shown that it holds to the house rules."""
    answer = await browser.get(path)
    assert answer.status_code == status, answer.text
    html = answer.text
    sheet = html.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    css = await browser.get(sheet)
    assert css.status_code == 200
    assert "immutable" in css.headers["cache-control"]
    check_html(html, f"{BASE}{path}", css.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in policy
    return html


async def post(garden: Garden, author: Account, text: str, **changes: Any) -> Status:
    garden.clock.advance(1000)
    return await publish(garden.core, author, Draft(text=text, **changes))


async def picture(garden: Garden, owner: Account, **changes: Any) -> int:
    meta = json.dumps({"original": {"width": 1200, "height": 800}})
    row = MediaAttachment(
        garden.core.ids.next(), owner.id, None, 0, "image", "image/jpeg", "a/b.jpg", "a/c.jpg", "", "A leek",
        "", meta, 9, garden.clock.now,
    )  # fmt: skip
    row = msgspec.structs.replace(row, **changes)
    await garden.core.db.write(lambda tx: media.insert(tx, row))
    return row.id


@pytest.mark.parametrize("registrations", ["open", "approval", "invite", "closed"])
async def test_an_empty_node_has_good_pages(garden: Garden, registrations: str) -> None:
    garden.reconfigure(registrations=registrations)
    browser = garden.browser()
    for path in ("/", "/about", "/auth/sign_in", "/tags/leeks"):
        await checked(browser, path)
    closed = registrations in ("invite", "closed")
    page = await checked(browser, "/auth/sign_up", 403 if closed else 200)
    assert ('name="password"' in page) is not closed
    assert ('name="reason"' in page) is (registrations == "approval")
    front = (await browser.get("/")).text
    assert ("/auth/sign_up" in front) is not closed


async def test_what_organisers_write_has_pages(garden: Garden) -> None:
    browser = garden.browser()
    for path in ("/privacy-policy", "/terms-of-service"):
        await checked(browser, path, 404)
    for name, text in (
        ("title", "The <garden>"),
        ("description", "Growing together"),
        ("contact_email", "hello@oak.example"),
        ("extended_description", "Beds for\n\neverybody"),
        ("privacy_policy", "We keep little."),
    ):
        await about.put(garden.core, name, text)
    await about.publish_terms(garden.core, "Be gentle.", "2030-01-01")
    await rules.add(garden.core, "Be kind", "Even when it rains")
    assert "<h1>The &lt;garden&gt;</h1>" in await checked(browser, "/")
    page = await checked(browser, "/about")
    for text in ("Growing together", "<p>everybody</p>", "Be kind", "Even when it rains", "mailto:hello@"):
        assert text in page
    assert "<p>We keep little.</p>" in await checked(browser, "/privacy-policy")
    assert "In force from 2030-01-01" in await checked(browser, "/terms-of-service")
    await about.publish_terms(garden.core, "Be kind.", "2020-01-01")
    assert "<p>Be kind.</p>" in await checked(browser, "/terms-of-service")


async def test_the_pages_of_a_lively_node(garden: Garden) -> None:
    alice, bob = await garden.account("alice"), await garden.account("bob")
    group = await register.create_group(garden.core, name="orchard", title="The Orchard", owner=alice)
    first = await post(garden, alice, "Blossom! #orchard", media_ids=[await picture(garden, alice)])
    answer = await post(garden, bob, "@alice how lovely", in_reply_to_id=first.id)
    await post(garden, alice, "@bob come and see", in_reply_to_id=answer.id)
    poll = PollDraft(options=["Saturday", "Sunday"], expires_in=3600, multiple=False, hide_totals=False)
    await post(garden, group, "When do we meet?", poll=poll)
    await post(garden, alice, "wasps", spoiler_text="The press", sensitive=True)
    browser = garden.browser()
    front = await checked(browser, "/")
    assert "Blossom!" in front
    assert "how lovely" not in front
    assert "The Orchard" in front
    profile = await checked(browser, "/@alice")
    assert "Blossom!" in profile
    assert 'type="application/activity+json" href="http://localhost:8001/users/alice"' in profile
    assert "<details" in profile
    assert "come and see" not in profile
    assert "Group" in await checked(browser, "/@orchard")
    thread = await checked(browser, f"/@alice/{first.id}")
    shown = thread.partition("<main")[2]
    assert shown.index("Blossom!") < thread.index("how lovely") < thread.index("come and see")
    assert 'alt="A leek"' in thread
    assert "http://localhost:8001/media/a/c.jpg" in thread
    assert f'href="{first.uri}"' in thread
    assert 'property="og:image" content="http://localhost:8001/media/a/c.jpg"' in thread
    middle = (await checked(browser, f"/@bob/{answer.id}")).partition("<main")[2]
    assert middle.index("Blossom!") < middle.index("how lovely") < middle.index("come and see")
    assert "Blossom!" in await checked(browser, "/tags/Orchard")


async def test_pages_behind_the_log_in(garden: Garden) -> None:
    alice = await garden.account("alice")
    await register.create_group(garden.core, name="orchard", title="The Orchard", owner=alice)
    made = await access.register_application(
        garden.core, name='Rake "<b>', redirect_uris=["https://rake.example/"], website="https://rake.example"
    )
    browser = garden.browser()
    await garden.log_in(browser, "alice")
    asked = {
        "response_type": "code",
        "client_id": made.application.client_id,
        "redirect_uri": "https://rake.example/",
    }
    page = await checked(browser, f"/oauth/authorize?{urlencode(asked)}")
    assert "<b>" not in page.partition("<h1>")[2].partition("</h1>")[0]
    await checked(browser, "/")
    await checked(browser, "/@alice")
    await checked(browser, "/oauth/authorize/native?code=12.34.abc")
    await checked(browser, f"/auth/password/{await sessions.make_link(garden.core, alice)}")


async def test_forms_with_errors_say_what_is_wrong_where(garden: Garden) -> None:
    browser = garden.browser()
    fields = await form(browser, "/auth/sign_up")
    sent = fields | {"username": "No Good", "email": "nowhere", "password": "short"}
    answer = await browser.post("/auth/sign_up", data=sent)
    assert answer.status_code == 422
    check_html(answer.text, f"{BASE}/auth/sign_up")
    assert 'value="No Good"' in answer.text
    assert "short" not in answer.text.partition('name="password"')[2].partition(">")[0]
    for name in ("username", "email", "password"):
        assert f'id="{name}-error"' in answer.text
        assert f'{name}-error"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    wrong = await garden.log_in(garden.browser(), "nobody", "wrong")
    check_html(wrong.text, f"{BASE}/auth/sign_in")
    assert 'role="alert"' in wrong.text


async def test_signing_up_where_it_is_open_logs_in(garden: Garden) -> None:
    browser = garden.browser()
    fields = await form(browser, "/auth/sign_up")
    sent = fields | {"username": "Dora", "email": "dora@example.org", "password": PASSWORD}
    answer = await browser.post("/auth/sign_up", data=sent)
    assert answer.status_code == 303
    assert "/@dora" in (await browser.get("/")).text


async def test_signing_up_by_approval_says_that_it_takes_time(garden: Garden) -> None:
    garden.reconfigure(registrations="approval")
    browser = garden.browser()
    fields = await form(browser, "/auth/sign_up")
    sent = fields | {"username": "dora", "email": "dora@example.org", "password": PASSWORD, "reason": "leeks"}
    answer = await browser.post("/auth/sign_up", data=sent)
    assert answer.status_code == 200
    check_html(answer.text, f"{BASE}/auth/sign_up")
    assert "Thank you, dora" in answer.text
    assert (await garden.log_in(garden.browser(), "dora")).status_code == 403
    assert (await garden.browser().get("/@dora")).status_code == 404


async def test_only_what_everybody_may_see_is_shown(garden: Garden) -> None:
    alice, bob = await garden.account("alice"), await garden.account("bob")
    shown = await post(garden, alice, "for all")
    quiet = await post(garden, alice, "quietly", visibility=Visibility.UNLISTED)
    followers = await post(garden, alice, "for followers", visibility=Visibility.PRIVATE)
    direct = await post(garden, alice, "@bob for you", visibility=Visibility.DIRECT)
    reply = await post(garden, bob, "@alice psst", in_reply_to_id=shown.id, visibility=Visibility.DIRECT)
    browser = garden.browser()
    for path in ("/", "/@alice", f"/@alice/{shown.id}"):
        page = (await browser.get(path)).text
        assert "for all" in page
        for hidden_text in ("for followers", "for you", "psst"):
            assert hidden_text not in page
    assert "quietly" not in (await browser.get("/")).text
    assert "quietly" in (await browser.get("/@alice")).text
    assert (await browser.get(f"/@alice/{quiet.id}")).status_code == 200
    for path in (f"/@alice/{followers.id}", f"/@alice/{direct.id}", f"/@bob/{reply.id}", f"/@bob/{shown.id}"):
        assert (await browser.get(path)).status_code == 404
    for path in (
        "/@nobody",
        "/@alice/1",
        "/@alice/x",
        "/@alice/99999999999999999999",
        "/@alice/9" + "9" * 18,
    ):
        page = await checked(browser, path, 404)
        assert "Nothing grows here" in page


async def test_accounts_that_are_gone_or_suspended_are_not_shown(garden: Garden) -> None:
    alice, bob = await garden.account("alice"), await garden.account("bob")
    theirs = await post(garden, alice, "still here")
    mine = await post(garden, bob, "an answer", in_reply_to_id=theirs.id)
    await garden.core.db.write(lambda tx: tx.run(SUSPEND, id=bob.id))
    browser = garden.browser()
    assert (await browser.get("/@bob")).status_code == 403
    assert (await browser.get(f"/@bob/{mine.id}")).status_code == 404
    assert "an answer" not in (await browser.get(f"/@alice/{theirs.id}")).text
    await garden.core.db.write(lambda tx: tx.run(DELETE, id=bob.id))
    assert (await browser.get("/@bob")).status_code == 410


async def test_a_profile_is_paged_and_pins_come_first(garden: Garden) -> None:
    alice = await garden.account("alice")
    made = [await post(garden, alice, f"post number {number:02}") for number in range(23)]
    params = {"account_id": alice.id, "status_id": made[0].id}
    await garden.core.db.write(lambda tx: tx.run(PIN, **params))
    browser = garden.browser()
    page = await checked(browser, "/@alice")
    assert page.index("post number 00") < page.index("post number 22")
    assert "post number 02" not in page
    older = page.partition('rel="next" href="')[2].partition('"')[0]
    page = await checked(browser, older)
    assert "post number 02" in page
    assert "Pinned" not in page
    assert 'rel="next"' not in page


async def test_deleted_posts_are_gone_and_neighbours_are_elsewhere(garden: Garden) -> None:
    alice = await garden.account("alice")
    status = await post(garden, alice, "a slip")
    await delete(garden.core, alice, status)
    browser = garden.browser()
    assert "This post was deleted" in await checked(browser, f"/@alice/{status.id}", 410)
    assert "where they live" in await checked(browser, "/@zoe@elm.example", 404)
    assert "@alice" in await checked(browser, "/@ALICE@localhost:8001")
    assert "@alice" in await checked(browser, "/@alice/")
    assert (await browser.head("/@alice")).status_code == 200
    answer = await browser.get("/auth/sign_out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_programs_are_led_to_the_documents(garden: Garden) -> None:
    alice = await garden.account("alice")
    status = await post(garden, alice, "hello")
    browser = garden.browser()
    for accept in (
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    ):
        answer = await browser.get("/@Alice", headers={"accept": accept})
        assert answer.status_code == 302
        assert answer.headers["location"] == alice.uri
        answer = await browser.get(f"/@alice/{status.id}", headers={"accept": accept})
        assert answer.headers["location"] == status.uri


async def test_names_and_emoji_cannot_break_out(garden: Garden) -> None:
    alice = await garden.account("alice")
    nasty = '<script>alert(1)</script> :leek: "'
    changes = {
        "id": alice.id,
        "name": nasty,
        "note": '<p>Grows :leek: and <a href="https://x.example/:leek:">more</a></p>',
        "fields": json.dumps([{"name": "<b>", "value": "<img src=x onerror=1>ok", "verified_at": None}]),
        "emojis": json.dumps([{"shortcode": "leek", "path": "emoji/leek.png"}]),
    }
    await garden.core.db.write(lambda tx: tx.run(DRESS, **changes))
    page = await checked(garden.browser(), "/@alice")
    assert '<img class="emoji" src="http://localhost:8001/media/emoji/leek.png" alt=":leek:"' in page
    assert 'href="https://x.example/:leek:"' in page
    assert "onerror" not in page


async def test_files_without_a_copy_here_are_linked_never_loaded(garden: Garden) -> None:
    alice = await garden.account("alice")
    far = await picture(garden, alice, path="", preview_path="", remote_url="https://far.example/x.jpg")
    status = await post(garden, alice, "from afar", media_ids=[far])
    page = await checked(garden.browser(), f"/@alice/{status.id}")
    assert "far.example" not in page
    assert "File on the other server: A leek" in page


@pytest.mark.parametrize("kind", ["image", "video"])
async def test_files_of_other_servers_are_shown_by_way_of_here(garden: Garden, kind: str) -> None:
    """Strangers get what is here, and a link to the post's home; members' addresses have it fetched."""
    alice = await garden.account("alice")
    far = await picture(
        garden, alice, kind=kind, path="remote/7", preview_path="", remote_url="https://far.example/x"
    )
    path = f"/@alice/{(await post(garden, alice, 'from afar', media_ids=[far])).id}"
    browser = garden.browser()
    page = await checked(browser, path)
    assert "far.example" not in page
    assert ('<img src="http://localhost:8001/media/remote/7"' in page) is (kind == "image")
    assert "<video" not in page
    await garden.log_in(browser, "alice")
    key = media_keys.key(garden.core.secret, 7)
    assert f'src="http://localhost:8001/media/remote/7?key={key}"' in await checked(browser, path)


async def test_films_and_sounds_have_the_browsers_own_controls(garden: Garden) -> None:
    alice = await garden.account("alice")
    media_at = "http://localhost:8001/media/a"
    for kind, label, shown in (
        (
            "video",
            "A leek",
            f'<video controls preload="none" poster="{media_at}/c.jpg" src="{media_at}/b.mp4"',
        ),
        ("gifv", "", f'<video controls loop muted preload="none" poster="{media_at}/c.jpg"'),
        ("audio", "", f'<img src="{media_at}/c.jpg" alt="" loading="lazy">\n<audio controls preload="none"'),
    ):
        file = await picture(garden, alice, kind=kind, path="a/b.mp4", description=label)
        status = await post(garden, alice, "from here", media_ids=[file])
        page = await checked(garden.browser(), f"/@alice/{status.id}")
        assert shown in page
        assert "autoplay" not in page
        assert (f'aria-label="{label}"' if label else "without description") in page


async def test_a_long_conversation_stays_a_page(garden: Garden) -> None:
    alice = await garden.account("alice")
    first = await post(garden, alice, "beginning")
    last = first
    for number in range(90):
        last = await post(garden, alice, f"and number {number}", in_reply_to_id=last.id)
    browser = garden.browser()
    above = await checked(browser, f"/@alice/{first.id}")
    assert "and number 59<" in above
    assert "and number 60<" not in above
    assert "longer than this page" in above
    below = await checked(browser, f"/@alice/{last.id}")
    assert "and number 88<" in below
    assert "beginning" not in below


@pytest.mark.parametrize(
    ("name", "letter"),
    [("", "A"), ("Zoë", "Z"), ("🌻 Bed", "B"), ("🌻🌻", "A"), (":leek:", "L"), ("دانا", "د")],
)
async def test_the_letter_of_who_has_no_picture(garden: Garden, name: str, letter: str) -> None:
    alice = msgspec.structs.replace(await garden.account("alice"), display_name=name)
    assert show.Showing(str, str).initial(alice) == letter


async def test_errors_are_pages_for_people_and_json_for_programs(garden: Garden) -> None:
    page = await checked(garden.browser(), "/auth/password/nonsense", 404)
    assert "used before" in page
    answer = await garden.browser().get("/@nobody", headers={"accept": "application/json"})
    assert answer.json() == {"error": "Nobody of this name is here"}
    await garden.account("alice")
    for path in ("/nowhere", "/@alice/followers", "/@alice/with_replies"):
        assert "There is no page at this address" in await checked(garden.browser(), path, 404)
    german = await garden.browser().get("/nowhere", headers={"accept-language": "de"})
    assert "Unter dieser Adresse ist keine Seite" in german.text
    answer = await garden.browser().get("/nowhere", headers={"accept": "application/json"})
    assert answer.json() == {"error": "Record not found"}


async def test_static_files_have_lasting_names(garden: Garden) -> None:
    browser = garden.browser()
    for name in ("style.css", "logo.svg", "icon.png", "avatar.png", "header.png"):
        answer = await browser.get(kit.asset_url(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        plain = await browser.get(f"/static/{name}")
        assert plain.content == answer.content
        assert "immutable" not in plain.headers["cache-control"]
    assert (await browser.get("/static/nothing.css")).status_code == 404
    assert (await browser.get("/favicon.ico")).headers["content-type"] == "image/png"


async def test_pages_of_members_are_not_stored_by_caches(garden: Garden) -> None:
    await garden.account("alice")
    browser = garden.browser()
    anonymous = await browser.get("/")
    assert anonymous.headers["cache-control"] == "public, max-age=15"
    assert "set-cookie" not in anonymous.headers
    await garden.log_in(browser, "alice")
    assert (await browser.get("/")).headers["cache-control"] == "no-store"
    about = (await garden.browser().get("/about")).headers
    assert about["vary"] == "Accept, Accept-Language, Cookie"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("en;q=0.3, de;q=0.8", "de"),
        ("fr, tlh;q=0.9", "en"),
        ("de;q=0, en", "en"),
        ("de;q=x,,;;q=, *", "en"),
        ("../../etc/passwd", "en"),
    ],
)
async def test_the_language_is_the_readers(garden: Garden, header: str, language: str) -> None:
    page = await checked(garden.browser(**{"accept-language": header}), "/auth/sign_in")
    assert f'<html lang="{language}">' in page
    assert ("Anmelden" in page) is (language == "de")


async def test_an_app_may_choose_the_language_of_its_pages(garden: Garden) -> None:
    made = await access.register_application(
        garden.core, name="Rake", redirect_uris=["https://rake.example/"]
    )
    asked = {
        "response_type": "code",
        "client_id": made.application.client_id,
        "redirect_uri": "https://rake.example/",
        "lang": "de",
    }
    browser = garden.browser()
    answer = await browser.get(f"/oauth/authorize?{urlencode(asked)}")
    page = await browser.get(answer.headers["location"])
    assert '<html lang="de">' in page.text
    assert "lang=de" in hidden(page.text)["next"]


def test_time_that_has_passed_is_short() -> None:
    showing = show.Showing(str, str)
    minute = 60_000
    for passed, text in (
        (0, "just now"),
        (-5, "just now"),
        (5 * minute, "5 min"),
        (3 * 60 * minute, "3 h"),
        (50 * 60 * minute, "2 d"),
        (40 * 24 * 60 * minute, "2026-01-16"),
    ):
        assert showing.ago(1_772_000_000_000 - passed, 1_772_000_000_000) == text


async def test_a_profile_takes_a_few_queries_however_many_posts(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await garden.account("alice")
    for number in range(12):
        await post(garden, alice, f"number {number}", media_ids=[await picture(garden, alice)])
    ran = []
    db = type(garden.core.db)
    read = db.read

    async def counted(self: Any, work: Any) -> Any:
        ran.append(work)
        return await read(self, work)

    monkeypatch.setattr(db, "read", counted)
    assert (await garden.browser().get("/@alice")).status_code == 200
    assert len(ran) == 1
    assert urlsplit(alice.url).path == "/@alice"
    assert await accounts.by_id(garden.core.db, alice.id) is not None
