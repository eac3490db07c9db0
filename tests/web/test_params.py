"""Parameters in every way that clients write them, and in ways that only strangers do."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

import httpx
import msgspec
import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from fediserver.errors import BadRequest, FediserverError, Invalid, TooLarge
from fediserver.web import params
from fediserver.web.params import Upload
from fediserver.web.shapes import convert

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=b"


class Poll(msgspec.Struct):
    options: list[str]
    expires_in: int
    multiple: bool = False


class Field(msgspec.Struct):
    name: str = ""
    value: str = ""


class Everything(msgspec.Struct, kw_only=True):
    text: str = ""
    note: str | None = None
    number: int = 7
    bounded: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    maybe: int | msgspec.UnsetType | None = msgspec.UNSET
    ratio: float = 0.5
    flag: bool = False
    choice: bool | None = None
    visibility: Literal["public", "private"] = "public"
    id: list[int] = []
    types: list[str] | None = None
    either: str | int | None = None
    poll: Poll | None = None
    fields_attributes: list[Field] = []
    alerts: dict[str, bool] = {}
    anything: object = None
    avatar: Upload | None = None


class Needs(msgspec.Struct):
    status: str
    poll: Poll | None = None


def request(
    body: bytes = b"",
    content_type: str = "",
    query: str | bytes = "",
    *,
    pieces: int = 1,
    method: str = "POST",
) -> Request:
    """A request whose body comes in several pieces."""
    raw_query = query.encode() if isinstance(query, str) else query
    headers = [(b"content-type", content_type.encode("latin-1"))] if content_type else []
    if body:
        headers.append((b"content-length", str(len(body)).encode()))
    step = -(-len(body) // pieces) or 1
    parts = [body[start : start + step] for start in range(0, len(body), step)] or [b""]

    async def receive() -> Message:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    scope = {"type": "http", "method": method, "path": "/", "query_string": raw_query, "headers": headers}
    return Request(scope, receive)


def multipart(
    data: dict[str, Any] | None = None, files: list[tuple[str, tuple[str, bytes, str]]] | None = None
) -> tuple[bytes, str]:
    """Body and content type as httpx writes them."""
    files = files or [("ignored", ("x", b"x", "text/plain"))]
    sent = httpx.Request("POST", "http://x/", data=data or {}, files=files)
    return sent.read(), sent.headers["content-type"]


async def of(query: str) -> Everything:
    return await params.read(request(query=query, method="GET"), Everything)


async def of_json(document: object) -> Everything:
    return await params.read(request(orjson.dumps(document), JSON), Everything)


WAYS: dict[str, Callable[[], Request]] = {
    "query": lambda: request(
        query="text=a+b%26&number=5&flag=1&id[]=1&id[]=2&poll[options][]=x&poll[options][]=y"
        "&poll[expires_in]=60&fields_attributes[0][name]=n&fields_attributes[1][name]=m&unknown=1"
    ),
    "form": lambda: request(
        b"text=a+b%26&number=5&flag=on&id%5B%5D=1&id%5B%5D=2&poll[options][]=x&poll[options][]=y"
        b"&poll[expires_in]=60&fields_attributes[][name]=n&fields_attributes[][name]=m",
        FORM + "; charset=utf-8",
        pieces=3,
    ),
    "multipart": lambda: request(
        *multipart(
            {
                "text": "a b&",
                "number": "5",
                "flag": "true",
                "id[]": ["1", "2"],
                "poll[options][]": ["x", "y"],
                "poll[expires_in]": "60",
                "fields_attributes[0][name]": "n",
                "fields_attributes[1][name]": "m",
            }
        ),
        pieces=7,
    ),
    "json": lambda: request(
        orjson.dumps(
            {
                "text": "a b&",
                "number": "5",
                "flag": "t",
                "id[]": ["1", 2],
                "poll": {"options": ["x", "y"], "expires_in": "60"},
                "fields_attributes": {"1": {"name": "m"}, "0": {"name": "n"}},
                "unknown": {"deep": [1]},
            }
        ),
        JSON,
        pieces=2,
    ),
    "json on a GET": lambda: request(
        b'{"text": "a b&", "number": 5, "flag": true, "id": [1, 2],'
        b' "poll": {"options": ["x", "y"], "expires_in": 60},'
        b' "fields_attributes": [{"name": "n"}, {"name": "m"}]}',
        "application/vnd.x+json",
        method="GET",
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_says_the_same(way: str) -> None:
    assert await params.read(WAYS[way](), Everything) == Everything(
        text="a b&",
        number=5,
        flag=True,
        id=[1, 2],
        poll=Poll(["x", "y"], 60),
        fields_attributes=[Field("n"), Field("m")],
    )


async def test_the_body_wins_over_the_query_and_both_are_read() -> None:
    found = await params.read(request(b"number=2", FORM, "number=1&text=q"), Everything)
    assert (found.number, found.text) == (2, "q")


async def test_parameters_can_be_read_twice() -> None:
    sent = request(b"number=2", FORM)
    assert (await params.read(sent, Everything)).number == 2
    assert await params.fields(sent) == {"number": "2"}


@pytest.mark.parametrize("word", ["true", "1", "on", "t", "True", "yes"])
async def test_true(word: str) -> None:
    found = await of(f"flag={word}&choice={word}&alerts[mention]={word}")
    assert (found.flag, found.choice, found.alerts) == (True, True, {"mention": True})


@pytest.mark.parametrize("word", ["false", "0", "off", "f", "False"])
async def test_false(word: str) -> None:
    assert (await of(f"choice={word}")).choice is False


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("number=&flag=&ratio=&visibility=&id=&poll=&alerts=&avatar=&text=", Everything()),
        ("maybe=&choice=&types=", Everything(maybe=None, choice=None, types=[])),
        ("note=&either=", Everything(note="", either="")),
        ("number=1&number=2", Everything(number=2)),
        ("id=1&id=2", Everything(id=[1, 2])),
        ("id=1", Everything(id=[1])),
        ("id[]=", Everything(id=[])),
        ("id[]=1&id=2", Everything(id=[2])),
        ("id[][]=1&id[][]=2", Everything(id=[1, 2])),
        ("id[1]=4&id[0]=3", Everything(id=[3, 4])),
        ("types[]=a&types[]=&types[]=b", Everything(types=["a", "b"])),
        ("fields_attributes[name]=n", Everything(fields_attributes=[Field("n")])),
        ("fields_attributes[ab][name]=n", Everything(fields_attributes=[Field("n")])),
        ("number=+5+&ratio=1", Everything(number=5, ratio=1.0)),
        ("either=5", Everything(either="5")),
        ("a[b=1&c]d=2&[]=3&=4&&", Everything()),
        ("text=1&text[x]=2&text=3", Everything(text="3")),
        ("maybe=5", Everything(maybe=5)),
    ],
)
async def test_loose_writing(query: str, expected: Everything) -> None:
    assert await of(query) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            {"text": None, "number": None, "id": None, "poll": None, "flag": None, "alerts": None},
            Everything(),
        ),
        ({"note": None, "maybe": None, "types": None}, Everything(maybe=None)),
        ({"text": 5, "id": 5, "types": 6, "flag": 1}, Everything(text="5", id=[5], types=["6"], flag=True)),
        ({"number": 5.0, "ratio": 2}, Everything(number=5, ratio=2.0)),
        ({"fields_attributes": {"name": "n"}}, Everything(fields_attributes=[Field("n")])),
        ({"anything": [1, {"a": "b"}]}, Everything(anything=[1, {"a": "b"}])),
        ({}, Everything()),
    ],
)
async def test_loose_json(document: object, expected: Everything) -> None:
    assert await of_json(document) == expected


@pytest.mark.parametrize(
    ("document", "field", "said"),
    [
        ({"number": "five"}, "number", "number: expected int, got str"),
        ({"number": 10**19}, "number", "number: the number is too large"),
        ({"number": 1e30}, "number", "number: the number is too large"),
        ({"number": True}, "number", "number: expected int, got bool"),
        ({"bounded": 11}, "bounded", "bounded: expected int <= 10"),
        ({"ratio": "nan"}, "ratio", "ratio: expected a finite number"),
        ({"ratio": "much"}, "ratio", "ratio: expected float, got str"),
        ({"flag": "maybe"}, "flag", "flag: expected bool, got str"),
        ({"visibility": "x" * 999}, "visibility", "visibility: invalid enum value 'xxx"),
        ({"id": [1, "b"]}, "id", "id[1]: expected int, got str"),
        ({"poll": {"options": [[]], "expires_in": 1}}, "poll", "poll[options][0]: expected str, got array"),
        ({"poll": {"options": [], "expires_in": 2**63}}, "poll", "poll[expires_in]: the number is too large"),
        ({"poll": 1}, "poll", "poll: expected object | null, got int"),
        ({"alerts": 1}, "alerts", "alerts: expected object, got int"),
        ({"text": {}}, "text", "text: expected str, got object"),
        ({"avatar": "data:"}, "avatar", "avatar: expected file, got str"),
    ],
)
async def test_wrong_types_name_the_field(document: object, field: str, said: str) -> None:
    with pytest.raises(Invalid) as raised:
        await of_json(document)
    assert str(raised.value).startswith(said)
    assert len(str(raised.value)) < 500
    assert list(raised.value.details) == [field]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "The parameter status is missing"),
        ({"status": None}, "The parameter status is missing"),
        ({"status": "", "poll": {"options": []}}, r"The parameter poll\[expires_in\] is missing"),
    ],
)
async def test_what_is_missing_is_named(document: object, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        await params.read(request(orjson.dumps(document), JSON), Needs)


@pytest.mark.parametrize(
    ("body", "content_type", "query"),
    [
        (b"{", JSON, ""),
        (b"[1]", JSON, ""),
        (b'"x"', JSON, ""),
        (b"\xff\xfe", JSON, ""),
        (b'{"a": "\\ud800"}', JSON, ""),
        (b'{"a": "\\u0000"}', JSON, ""),
        (b'{"a\\u0000": 1}', JSON, ""),
        (b'{"a": 1e999}', JSON, ""),
        (b'{"a":' * 33 + b"1" + b"}" * 33, JSON, ""),
        (b'{"a":' * 10_000, JSON, ""),
        (json.dumps({"a": list(range(1000))}).encode(), JSON, ""),
        (b"a=%ff", FORM, ""),
        (b"a=\xff", FORM, ""),
        (b"a=%00", FORM, ""),
        (b"a\0=1", FORM, ""),
        (b"a=1&" * 1001, FORM, ""),
        (b"a" + b"[x]" * 33 + b"=1", FORM, ""),
        (b"", "", b"a=%ED%A0%80"),
        (b"", "", b"a=%00"),
        (b"x", "multipart/form-data", ""),
        (b"x", "multipart/form-data; boundary=", ""),
        (b"x", "multipart/form-data; boundary=abc", ""),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--b--\r\n', MULTIPART, ""),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\0\r\n--b--\r\n', MULTIPART, ""),
        (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx', MULTIPART, ""),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", MULTIPART, ""),
        (b'--b\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n' + bytes(99999), MULTIPART, ""),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_a_bad_request(body: bytes, content_type: str, query: bytes) -> None:
    with pytest.raises(BadRequest) as raised:
        await params.read(request(body, content_type, query), Everything)
    assert str(raised.value)


async def test_a_charset_does_not_choose_how_parts_are_decoded() -> None:
    body, content_type = multipart({"text": "é"})
    for charset in ("idna", "utf-16", "punycode", "unicode_escape"):
        found = await params.read(request(body, f"{content_type}; charset={charset}"), Everything)
        assert found.text == "é"


async def test_other_types_and_empty_bodies_say_nothing() -> None:
    assert await params.read(request(b"text=x", "text/plain"), Everything) == Everything()
    assert await params.read(request(b"text=x"), Everything) == Everything()
    assert await params.read(request(b" ", JSON), Everything) == Everything()


async def test_an_upload_is_there_whole_and_closed_afterwards() -> None:
    content = bytes(range(256)) * 2000
    body, content_type = multipart({"text": "x"}, [("avatar", ("küche.png", content, "image/png"))])
    found = await params.read(request(body, content_type, pieces=9), Everything, uploads=len(content))
    assert found.text == "x"
    assert found.avatar is not None
    file = found.avatar.file
    assert (found.avatar.filename, found.avatar.content_type, found.avatar.size) == (
        "küche.png",
        "image/png",
        len(content),
    )
    assert file.read() == content
    del found
    assert file.closed


async def test_no_file_chosen_is_no_file() -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="avatar"; filename=""\r\n\r\n\r\n--b--\r\n'
    assert await params.read(request(body, MULTIPART), Everything) == Everything()


async def test_bodies_are_bounded() -> None:
    for content_type in (JSON, FORM, MULTIPART):
        with pytest.raises(TooLarge, match="100 bytes"):
            await params.read(request(b"x" * 101, content_type), Everything, limit=100)
    body, content_type = multipart({}, [("avatar", ("a", b"x" * 2000, "image/png"))])
    with pytest.raises(TooLarge):
        await params.read(request(body, content_type), Everything, limit=500, uploads=1000)
    found = await params.read(request(body, content_type), Everything, limit=500, uploads=2000)
    assert found.avatar is not None


async def test_too_many_files_are_refused() -> None:
    body, content_type = multipart({}, [("avatar", ("a", b"x", "image/png"))] * 17)
    with pytest.raises(BadRequest, match="files"):
        await params.read(request(body, content_type), Everything)


def test_only_structs_are_read() -> None:
    with pytest.raises(TypeError, match="Struct"):
        convert({}, int)  # type: ignore[type-var]


def outcome(made: Awaitable[Everything]) -> Everything | FediserverError:
    """What strangers get: a Struct, or an error that was meant; anything else fails the test."""

    async def wait() -> Everything:
        return await made

    try:
        found = asyncio.run(wait())
    except FediserverError as error:
        return error
    assert isinstance(found, Everything)
    assert -(2**63) <= found.number < 2**63
    assert all(-(2**63) <= number < 2**63 for number in found.id)
    assert "\0" not in found.text
    return found


NAMES = st.sampled_from([*Everything.__struct_fields__, "x"])
JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | NAMES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            NAMES | st.sampled_from(["0", "1", "options", "name", "expires_in", "²"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100)
@given(st.dictionaries(NAMES, JSONS))
@example({"number": "1" * 5000})
@example({"id": {"²": 1}})
def test_any_json_is_read_or_refused(document: dict[str, object]) -> None:
    outcome(params.read(request(json.dumps(document).encode(), JSON), Everything))


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from([JSON, FORM, MULTIPART, ""]))
def test_any_bytes_are_read_or_refused(body: bytes, content_type: str) -> None:
    outcome(params.read(request(body, content_type, body), Everything))


PIECE = st.sampled_from(
    [
        *(b"--b", b"--b\r\n", b"\r\n--b--\r\n", b"\r\n", b"\r\n\r\n", b"--", b"5", b"\xff"),
        *(b"Content-Disposition: form-data", b"Content-Type: x"),
        *(b'; name="avatar"', b"; name=id[]", b'; filename="f"', b'; filename*="'),
    ]
)


@settings(max_examples=100)
@given(st.lists(PIECE, max_size=20).map(b"".join), st.integers(1, 5))
def test_any_multipart_is_read_or_refused(body: bytes, pieces: int) -> None:
    content_type = MULTIPART
    outcome(params.read(request(b"--b\r\n" + body, content_type, pieces=pieces), Everything))


@settings(max_examples=100)
@given(
    st.lists(st.sampled_from(["id", "poll", "[", "]", "[]", "[0]", "[a]", "=", "&", "1", "x"])).map("".join)
)
def test_any_nesting_is_read_or_refused(query: str) -> None:
    outcome(params.read(request(query=query), Everything))
