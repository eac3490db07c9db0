"""Parameters of a request: from query, form, multipart and JSON alike, read into a Struct.

Later sources win: the body over the query. Names may nest: `id[]`, `poll[options][]`,
`fields_attributes[0][name]`. What the Struct does not name is ignored.
"""

import re
import weakref
from collections.abc import Iterable
from contextlib import aclosing
from typing import IO, TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from fediserver.errors import BadRequest
from fediserver.web.body import SECONDS, body_chunks, has_body, read_body
from fediserver.web.shapes import Repeated, convert

T = TypeVar("T", bound=msgspec.Struct)

MIB = 1024 * 1024
DEPTH = 32
FIELDS = 1000
FILES = 16
UPLOAD_SECONDS = 900

_KEPT = "fediserver.params"
# RFC 2046, section 5.1.1; a charset beside it would choose how names are decoded, so only this is passed on.
_BOUNDARY = re.compile(
    r""";\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'()+,./:=?-]{1,70}))""", re.I | re.A
)
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])+)")
_PARTS = re.compile(r"\[([^\[\]]*)\]")


class Upload:
    """A file that was sent: `file` stands at its start, `size` is in bytes; closed when nobody holds this."""

    __slots__ = ("__weakref__", "content_type", "file", "filename", "size")

    def __init__(self, filename: str, content_type: str, file: IO[bytes], size: int) -> None:
        self.filename = filename
        self.content_type = content_type
        self.file = file
        self.size = size
        weakref.finalize(self, file.close)


async def read(request: Request, model: type[T], *, limit: int = MIB, uploads: int = 0) -> T:
    """The parameters as a Struct `model`, converted from text where need be.

    `limit` bounds the body in bytes; `uploads` is what files may take beyond it. Raises BadRequest for
    what cannot be read or is missing, Invalid for values of the wrong type, TooLarge.
    """
    return convert(await fields(request, limit=limit, uploads=uploads), model)


async def fields(request: Request, *, limit: int = MIB, uploads: int = 0) -> dict[str, object]:
    """The parameters as they came, nested but not converted; kept, so that they can be asked for again."""
    kept: dict[str, object] | None = request.scope.get(_KEPT)
    if kept is None:
        kept = nested(query_pairs(request.scope["query_string"]))
        if has_body(request):
            kept.update(await _body(request, limit, uploads))
        request.scope[_KEPT] = kept
    return kept


def query_pairs(raw: bytes) -> list[tuple[str, str]]:
    """The pairs of a query or form (WHATWG URL, section 5.1); BadRequest for invalid UTF-8, NUL, too many."""
    if not raw:
        return []
    if raw.count(b"&") >= FIELDS:
        raise BadRequest(f"There are too many parameters; at most {FIELDS} are read")
    pairs: list[tuple[str, str]] = []
    try:
        for piece in raw.split(b"&"):
            if piece:
                name, _, value = piece.partition(b"=")
                pairs.append((_decoded(name), _decoded(value)))
    except UnicodeDecodeError:
        raise BadRequest("A parameter is not valid UTF-8; encode it as UTF-8 and send it again") from None
    if b"\0" in raw or b"%00" in raw:
        raise _nul()
    return pairs


def nested(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Pairs as a document: brackets become dicts and lists, a name without them that comes again `Repeated`.

    An odd name, `a[b`, is just a name.
    """
    found: dict[str, object] = {}
    for name, value in pairs:
        match = _NAME.fullmatch(name) if "[" in name else None
        if match is not None:
            parts = _PARTS.findall(match[2])
            # Mastodon.py writes `id[][]` in places; no call takes a list of lists.
            while parts[-2:] == ["", ""]:
                parts.pop()
            if len(parts) > DEPTH:
                raise BadRequest(f"A parameter's name is nested too deep; at most {DEPTH} levels are read")
            _insert(found, match[1], parts, value)
            continue
        earlier = found.get(name)
        if isinstance(earlier, Repeated):
            earlier.append(value)
        elif earlier is None or isinstance(earlier, dict | list):
            found[name] = value
        else:
            found[name] = Repeated([earlier, value])
    return found


async def _body(request: Request, limit: int, uploads: int) -> dict[str, object]:
    """What the body says; nothing for a type that is none of the three."""
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return nested(query_pairs(await read_body(request, limit)))
    if kind == "multipart/form-data":
        return nested(await _multipart(request, content_type, limit, uploads))
    if kind == "application/json" or kind.endswith("+json"):
        return _json(await read_body(request, limit))
    return {}


def _json(body: bytes) -> dict[str, object]:
    if not body.strip():
        return {}
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The body is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadRequest("The body has to be a JSON object")
    _check_bounds(document)
    # Some clients keep the brackets of forms: {"exclude_types[]": […]}.
    return {name.removesuffix("[]"): value for name, value in document.items()}


def _check_bounds(document: object) -> None:
    """Refuse what is deeper, or has more values, than any call of the API needs; and NUL, as everywhere."""
    level = [document]
    depth = count = 0
    while level:
        depth += 1
        count += len(level)
        if depth > DEPTH or count > FIELDS:
            raise BadRequest(f"The JSON is too large: at most {DEPTH} levels and {FIELDS} values are read")
        below: list[object] = []
        for value in level:
            if isinstance(value, str):
                if "\0" in value:
                    raise _nul()
            elif isinstance(value, dict):
                if any("\0" in name for name in value):
                    raise _nul()
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        level = below


class _Parser(MultiPartParser):
    """Starlette's, but text that is not UTF-8 is refused rather than guessed, and files go to disk sooner."""

    spool_max_size = 64 * 1024
    ended = False

    def on_end(self) -> None:
        self.ended = True

    def close(self) -> None:
        for file in self._files_to_close_on_error:
            file.close()

    def on_part_end(self) -> None:
        part = self._current_part
        if part.file is None:
            part.data.decode()
        super().on_part_end()


async def _multipart(
    request: Request, content_type: str, limit: int, uploads: int
) -> list[tuple[str, object]]:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise BadRequest("The multipart body has no usable boundary in its Content-Type")
    headers = Headers({"content-type": f'multipart/form-data; boundary="{boundary[1] or boundary[2]}"'})
    seconds = UPLOAD_SECONDS if uploads else SECONDS
    try:
        async with aclosing(body_chunks(request, limit + uploads, seconds=seconds)) as stream:
            parser = _Parser(headers, stream, max_files=FILES, max_fields=FIELDS, max_part_size=limit)
            form = await parser.parse()
    except MultiPartException as error:
        raise BadRequest(f"The multipart body cannot be read: {error.message}") from None
    except UnicodeDecodeError:
        raise BadRequest("A part is not valid UTF-8; encode it as UTF-8 and send it again") from None
    if not parser.ended:
        parser.close()
        raise BadRequest("The multipart body ends too early; send it again")
    # All of them become Uploads before anything is refused, so that every file is closed.
    pairs = [
        (name, _upload(value) if isinstance(value, UploadFile) else value)
        for name, value in form.multi_items()
    ]
    if any("\0" in name or (isinstance(value, str) and "\0" in value) for name, value in pairs):
        raise _nul()
    # A browser sends an empty, nameless file where none was chosen.
    return [pair for pair in pairs if not (isinstance(pair[1], Upload) and _is_empty(pair[1]))]


def _upload(sent: UploadFile) -> Upload:
    return Upload(sent.filename or "", sent.content_type or "", sent.file, sent.size or 0)


def _is_empty(upload: Upload) -> bool:
    return not upload.filename and not upload.size


def _insert(place: dict[str, object], key: str, parts: list[str], value: object) -> None:
    """Put a value where `key[part][part]` says; an empty part is the next place of a list."""
    if not parts:
        place[key] = value
        return
    part, *rest = parts
    below = place.get(key)
    if part:
        if not isinstance(below, dict):
            below = place[key] = {}
        _insert(below, part, rest, value)
        return
    if not isinstance(below, list):
        below = place[key] = []
    if not rest:
        below.append(value)
        return
    # `a[][x]=1&a[][y]=2&a[][x]=3` are two items: a name that comes again begins the next.
    last = below[-1] if below else None
    if not isinstance(last, dict) or (len(rest) == 1 and rest[0] in last):
        last = {}
        below.append(last)
    _insert(last, rest[0], rest[1:], value)


def _decoded(raw: bytes) -> str:
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return (unquote_to_bytes(raw) if b"%" in raw else raw).decode()


def _nul() -> BadRequest:
    return BadRequest("A parameter contains a NUL character; leave it out")
