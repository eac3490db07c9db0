"""What comes to an inbox and is not in order: the right status, words that help, and the node goes on serving."""

import logging
from typing import Any

import orjson
import pytest

from fediserver.clock import HOUR, MINUTE
from fediserver.db import intake, relationships, reports
from fediserver.signatures.message import digest
from tests.scene import Scene
from tests.stranger import Stranger, post, spoilt

MIB = 1 << 20


async def answered(scene: Scene, status: int, *, words: str = "", body: Any = None, **sending: Any) -> None:
    """Send something that bob signs: it has that status, words in JSON, changes nothing, and all goes on."""
    before = await scene.rows()
    bob = scene.bob
    activity = bob.activity("Follow", scene.alice.uri) if body is None else body
    answer = await bob.send(scene.town, activity, **sending)
    assert answer.status_code == status, f"{answer.status_code} {answer.text} {sending} {activity!r:.200}"
    if status >= 400:
        assert answer.headers["content-type"].startswith("application/json")
        assert words.lower() in answer.json()["error"].lower(), f"{activity!r:.200}"
    await scene.town.settle()
    await scene.unchanged(before)
    await serves(scene)


async def serves(scene: Scene) -> None:
    """The node is there, and nothing in its log says that it had a fault."""
    client = await scene.town.client()
    assert (await client.get("/health")).status_code == 200
    faults = [record.getMessage() for record in scene.caplog.records if record.levelno >= logging.ERROR]
    assert faults == []


# ---------------------------------------------------------------- signatures


async def test_an_unsigned_request_is_401(scene: Scene) -> None:
    body = orjson.dumps(scene.bob.activity("Follow", scene.alice.uri))
    await answered(scene, 401, words="must be signed", body=body, changed={"signature": "", "digest": ""})
    for path in ("/inbox", "/users/alice/inbox", "/actor/inbox"):
        answer = await post(
            scene.town, f"https://oak.example{path}", body, {"content-type": "application/activity+json"}
        )
        assert answer.status_code == 401
        assert "error" in answer.json()


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_a_body_that_is_not_the_one_that_was_signed_is_401(scene: Scene, scheme: str) -> None:
    activity = orjson.dumps(scene.bob.activity("Follow", scene.alice.uri))
    # One blank more: the same JSON, other bytes.
    await answered(scene, 401, words="digest", body=activity, sent=activity + b" ", scheme=scheme)


async def test_a_digest_that_was_made_to_fit_is_401(scene: Scene) -> None:
    activity = orjson.dumps(scene.bob.activity("Follow", scene.alice.uri))
    other = orjson.dumps(scene.bob.activity("Block", scene.alice.uri))
    await answered(
        scene, 401, words="signature", body=activity, sent=other, changed={"digest": digest(other)}
    )


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("away", [-61 * MINUTE, 61 * MINUTE, -48 * HOUR, 365 * 24 * HOUR])
async def test_an_expired_or_future_signature_is_401(scene: Scene, away: int, scheme: str) -> None:
    await answered(scene, 401, words="clock", at=scene.town.clock() + away, scheme=scheme)


@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
@pytest.mark.parametrize("away", [-59 * MINUTE, 59 * MINUTE])
async def test_clocks_may_differ_by_an_hour(scene: Scene, away: int, scheme: str) -> None:
    follow = scene.bob.activity("Follow", scene.alice.uri)
    await scene.bob.told(scene.town, follow, at=scene.town.clock() + away, scheme=scheme)
    assert (await scene.town.now(scene.alice)).followers_count == 1


CHANGED: list[dict[str, str]] = [
    {"date": "Mon, 21 Sep 2026 14:00:00 GMT"},
    {"date": "yesterday"},
    {"date": ""},
    {"host": "ash.example"},
    {"digest": "SHA-256=AAAA"},
    {"digest": "MD5=AAAA"},
    {"signature": 'keyId="https://elm.example/users/bob#main-key"'},
    {"signature": "x" * 20_000},
    {"signature-input": "sig1=()"},
    {"signature": 'keyId="file:///etc/passwd",signature="AAAA",headers="(request-target) host date digest"'},
    {"signature": 'keyId="javascript:1",signature="AAAA",headers="(request-target) host date digest"'},
]


async def test_a_header_that_was_changed_is_401(scene: Scene) -> None:
    for changed in CHANGED:
        await answered(scene, 401, changed=changed)


async def test_one_bit_of_the_signature_is_401(scene: Scene) -> None:
    body = orjson.dumps(scene.bob.activity("Follow", scene.alice.uri))
    headers = scene.bob.signed(body, "https://oak.example/inbox", now=scene.town.clock())
    await answered(scene, 401, words="signature", body=body, changed=spoilt(headers))


TOO_LITTLE = [
    ("host", "date", "digest"),
    ("(request-target)", "date", "digest"),
    ("(request-target)", "host", "digest"),
    ("(request-target)", "host", "date"),
    ("date",),
]


async def test_a_signature_that_leaves_out_what_counts_is_401(scene: Scene) -> None:
    for covered in TOO_LITTLE:
        await answered(scene, 401, words="cover", covered=covered)


async def test_what_was_signed_for_another_inbox_is_401(scene: Scene) -> None:
    body = orjson.dumps(scene.bob.activity("Follow", scene.alice.uri))
    headers = scene.bob.signed(body, "https://ash.example/inbox", now=scene.town.clock())
    await answered(scene, 401, words="host", body=body, changed=headers)
    headers = scene.bob.signed(body, "https://oak.example/users/alice/inbox", now=scene.town.clock())
    await answered(scene, 401, words="signature", body=body, changed=headers)


async def test_the_key_of_another_host_is_refused(scene: Scene) -> None:
    mallory = scene.mallory
    await answered(scene, 403, words="signed by", key_id=mallory.key_id, pair=mallory.pair)
    await answered(scene, 401, words="signature", key_id=mallory.key_id)


async def test_a_new_key_is_found_when_the_old_one_does_not_fit(scene: Scene) -> None:
    scene.town.clock.advance(HOUR)
    scene.bob.actor["publicKey"]["publicKeyPem"] = scene.mallory.pair.public_pem
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri), pair=scene.mallory.pair)
    assert (await scene.town.now(scene.alice)).followers_count == 1


# ---------------------------------------------------------------- once and again


async def test_the_same_request_twice_is_kept_once(scene: Scene) -> None:
    town, bob = scene.town, scene.bob
    body = orjson.dumps(bob.activity("Create", bob.note()))
    headers = bob.signed(body, "https://oak.example/inbox", now=town.clock())
    for _ in range(3):
        answer = await post(town, "https://oak.example/inbox", body, headers)
        assert answer.status_code == 202
    assert await intake.waiting(town.ctx.db) == 1
    await town.settle()
    assert (await post(town, "https://oak.example/inbox", body, headers)).status_code == 202
    assert await intake.waiting(town.ctx.db) == 0


async def test_a_request_from_an_unknown_key_sent_twice_is_handled_once(scene: Scene) -> None:
    town = scene.town
    dave = Stranger(scene.ash, "dave")
    body = orjson.dumps(dave.activity("Follow", scene.alice.uri))
    headers = dave.signed(body, "https://oak.example/inbox", now=town.clock())
    for _ in range(2):
        assert (await post(town, "https://oak.example/inbox", body, headers)).status_code == 202
    await town.settle()
    assert (await town.now(scene.alice)).followers_count == 1
    undone = dave.activity("Undo", orjson.loads(body))
    await dave.told(town, undone)
    # The follow cannot be brought back by who has seen it pass.
    assert (await post(town, "https://oak.example/inbox", body, headers)).status_code == 202
    await town.settle()
    assert (await town.now(scene.alice)).followers_count == 0


async def test_a_report_that_comes_twice_is_written_once(scene: Scene) -> None:
    """Handling is done again when a node is killed in the middle of it: that must do no harm."""
    flag = scene.bob.activity("Flag", [scene.alice.uri], content="Rude")
    for _ in range(2):
        await scene.bob.told(scene.town, flag)
        scene.town.clock.advance(MINUTE)
    assert [one.comment for one in await reports.about(scene.town.ctx.db, scene.alice.id)] == ["Rude"]


async def test_an_old_request_is_401_and_the_same_id_signed_anew_is_news(scene: Scene) -> None:
    town, bob = scene.town, scene.bob
    follow = bob.activity("Follow", scene.alice.uri)
    body = orjson.dumps(follow)
    headers = bob.signed(body, "https://oak.example/inbox", now=town.clock())
    assert (await post(town, "https://oak.example/inbox", body, headers)).status_code == 202
    await town.settle()
    await bob.told(town, bob.activity("Undo", follow))
    known = await scene.known(bob)
    assert await relationships.follow(town.ctx.db, known.id, scene.alice.id) is None
    town.clock.advance(3 * HOUR)
    assert (await post(town, "https://oak.example/inbox", body, headers)).status_code == 401
    await bob.told(town, follow)
    assert await relationships.follow(town.ctx.db, known.id, scene.alice.id) is not None


# ---------------------------------------------------------------- bodies


def sample(scene: Scene, **changes: str) -> bytes:
    """A Follow whose parts are JSON texts."""
    parts = {
        "id": f'"{scene.bob.new_uri("activities")}"',
        "type": '"Follow"',
        "actor": f'"{scene.bob.uri}"',
        "object": f'"{scene.alice.uri}"',
        **changes,
    }
    return ("{" + ",".join(f'"{name}":{text}' for name, text in parts.items()) + "}").encode()


UNREADABLE: list[tuple[bytes, str]] = [
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deep"),
    (b"[" * 10_000 + b"]" * 10_000, "deep"),
    (b"[" * 40_000, "brackets"),
    (b'{"type":"Follow\xff"}', "json"),
    (b"\xff\xfe{\x00}\x00", ""),
    (b'{"type":"Fol\x00low"}', "json"),
    (b'{"type":"Follow","content":"\\u0000"}', "nul"),
    (b'{"type":"Follow","\\u0000":1}', "nul"),
    (b'{"type":"Follow","type":"Like"}', "twice"),
    (b'{"type":"Follow","object":{"id":"a","id":"b"}}', "twice"),
    (b'{"type":"Follow","typ\\u0065":"Like"}', "twice"),
    (b'{"n":1e400}', "json"),
    (b'{"n":' + b"9" * 400 + b"}", "json"),
    (b'{"n":NaN}', "json"),
    (b'{"n":Infinity}', "json"),
    (b'{"s":"\\ud800"}', "json"),
    (b"[]", "object"),
    (b'"text"', "object"),
    (b"17", "object"),
    (b"null", "object"),
    (b"", "json"),
    (b"<html>", "json"),
    (b'{"type":"Follow"', "brackets"),
    (b'{"type":"Follow"}}', "brackets"),
    (b'{"a":[' + b"1," * 60_000 + b"1]}", "values"),
    (b'{"a":[' + b"[]," * 60_000 + b"1]}", "values"),
]


async def test_a_body_that_cannot_be_read_is_400(scene: Scene) -> None:
    for body, words in UNREADABLE:
        await answered(scene, 400, words=words, body=body)


ODD: list[tuple[dict[str, str], int]] = [
    ({"actor": "[]"}, 403),
    ({"actor": "[[]]"}, 403),
    ({"actor": "{}"}, 403),
    ({"actor": "null"}, 403),
    ({"actor": "17"}, 403),
    ({"actor": '"https://"'}, 403),
    ({"id": "[]"}, 403),
    ({"id": "17"}, 403),
    ({"id": '"not an address"'}, 403),
    ({"type": "[]"}, 202),
    ({"type": "17"}, 202),
    ({"type": "null"}, 202),
    ({"type": '"Teapot"'}, 202),
    ({"type": '[["Follow"]]'}, 202),
    ({"object": "[]"}, 202),
    ({"object": "[[[]]]"}, 202),
    ({"object": "17"}, 202),
    ({"object": "null"}, 202),
    ({"object": '{"id":[]}'}, 202),
    ({"object": "-1e300"}, 202),
    ({"type": '"Create"', "object": '[[{"type":"Note"}]]'}, 202),
    ({"type": '"Create"', "object": '{"type":["Note"],"id":[],"content":[]}'}, 202),
    ({"type": '"Announce"', "object": "[null]"}, 202),
    ({"type": '"Undo"', "object": "[[]]"}, 202),
    ({"type": '"Delete"', "object": "{}"}, 202),
    ({"type": '"Accept"', "object": "[17]"}, 202),
    ({"type": '"Move"', "target": "[]"}, 202),
    ({"type": '"Flag"', "object": "[[],{},17,null]"}, 202),
    ({"type": '"Add"', "target": "{}"}, 202),
    ({"type": '"Like"', "object": '[{"id":{"id":{}}}]', "content": "[[]]"}, 202),
]


async def test_lists_and_numbers_where_objects_belong_are_no_fault(scene: Scene) -> None:
    for changes, status in ODD:
        await answered(scene, status, body=sample(scene, **changes))


async def test_a_note_of_nothing_but_odd_things_is_no_fault(scene: Scene) -> None:
    """Every field in every wrong form: whatever is stored of it can be shown."""
    bob = scene.bob
    odd: list[Any] = [
        None,
        [],
        {},
        17,
        -1,
        1e300,
        True,
        "x",
        [[]],
        [{}],
        {"a": []},
        ["x", 17, None],
        "9" * 5000,
    ]
    names = (
        "content", "contentMap", "summary", "name", "url", "tag", "attachment", "published", "updated",
        "inReplyTo", "sensitive", "conversation", "context", "to", "cc", "replies", "audience", "oneOf", "endTime",
    )  # fmt: skip
    for value in odd:
        changes = {name: value for name in names if value is not None}
        notes = [bob.note(**{name: value}) for name in names]
        notes.append(bob.note(**changes) | {"cc": [f"{bob.uri}/followers"]})
        notes.append(bob.note(**changes) | {"type": "Question", "anyOf": value})
        for note in notes:
            answer = await bob.send(scene.town, bob.activity("Create", note))
            assert answer.status_code == 202, f"{note}: {answer.text}"
        await scene.town.settle()
    await serves(scene)
    client = await scene.town.client(scene.alice)
    answer = await client.get("/api/v1/timelines/home?limit=40")
    assert answer.status_code == 200
    assert len(answer.json()) == 40


async def test_one_id_for_several_things_is_no_fault(scene: Scene) -> None:
    """Boosts, posts and activities that share an id, and boosts without one: the first counts."""
    town, bob = scene.town, scene.bob
    posts = [await scene.posted(scene.mallory, str(number)) for number in range(3)]
    note = bob.note()
    await bob.told(town, bob.activity("Create", note, id=note["id"]))
    for said in posts:
        await bob.told(town, bob.activity("Announce", said.uri, id=note["id"]))
        await bob.told(town, bob.activity("Announce", said.uri, id=bob.uri + "/boost"))
        await bob.told(town, bob.activity("Announce", said.uri, id=None))
        await bob.told(town, bob.activity("Like", said.uri, id=note["id"]))
    await serves(scene)
    assert [(await scene.status({"id": said.uri})).reblogs_count for said in posts] == [1, 0, 0]
    assert (await scene.status(note)).content == "<p>Hello</p>"
    assert (await scene.status({"id": bob.uri + "/boost"})).reblog_of_id == posts[0].id


async def test_a_body_of_ten_megabytes_is_413(scene: Scene) -> None:
    await answered(scene, 413, words=f"at most {MIB} bytes", body=b"x" * 10 * MIB)
    await answered(scene, 413, words=f"at most {MIB} bytes", body=b"x" * (MIB + 1))


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_another_content_type_is_400(scene: Scene, content_type: str) -> None:
    await answered(
        scene,
        400,
        words="application/activity+json",
        covered=("(request-target)", "host", "date", "digest"),
        changed={"content-type": content_type},
    )


async def test_what_an_inbox_does_not_do_is_405(scene: Scene) -> None:
    client = await scene.town.client()
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = await client.request(method, "/inbox")
        assert answer.status_code == 405
        assert "POST" in answer.headers["allow"]
    assert (await client.post("/users/nobody_here/inbox", content=b"{}")).status_code in (400, 401, 404)


async def test_many_unknown_keys_fill_no_disk(scene: Scene) -> None:
    """Requests that cannot be verified yet are kept up to a bound; those with known keys are taken beyond it."""
    scene.town.network.down.add("fir.example")
    strange = Stranger(scene.ash, "strange")
    taken = 0
    for number in range(230):
        key_id = f"https://fir.example/users/{number}#main-key"
        activity = strange.activity("Follow", scene.alice.uri, actor=f"https://fir.example/users/{number}")
        answer = await strange.send(scene.town, activity, key_id=key_id)
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            assert "later" in answer.json()["error"]
            break
        assert answer.status_code == 202
        taken += 1
    assert taken == 200
    await scene.bob.told(scene.town, scene.bob.activity("Follow", scene.alice.uri))
    assert (await scene.town.now(scene.alice)).followers_count == 1
