"""Answers in JSON."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

JSON = "application/json; charset=utf-8"
_ENCODER = msgspec.json.Encoder()


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer from anything that msgspec encodes (Structs, `msgspec.Raw`), or from bytes that are JSON."""
    body = data if isinstance(data, bytes) else _ENCODER.encode(data)
    return Response(body, status, headers, media_type=JSON)


def empty() -> Response:
    """`{}`: what Mastodon says where there is nothing to say; clients fail on a body that is not JSON."""
    return Response(b"{}", media_type=JSON)
