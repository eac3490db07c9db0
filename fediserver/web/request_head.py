"""How requests begin: their heads are bounded in size, number and time before anything believes them.

uvicorn takes heads of any size for any time. The parser below it keeps a header line that does not end in pieces
that it copies with each packet, so that one endless line would cost the square of its length.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""All of a head: request line and headers. Four times what proxies and browsers send at most."""
LINE_BYTES = 16 * 1024
"""The address, or one header."""
HEADERS = 128
HEAD_SECONDS = 20.0
"""A head is whole within this time from the beginning of its connection or of itself."""
WAITING = 16
"""Requests that may wait on a connection for the answer before theirs; they are read a whole packet at a time."""

_TOO_LARGE = (
    431,
    f"The head of this request is too large: send at most {HEADERS} headers, {LINE_BYTES // 1024} KiB in one "
    f"and {HEAD_BYTES // 1024} KiB in all",
)
_TOO_SLOW = (408, f"The head of this request did not arrive within {HEAD_SECONDS:g} seconds; send it again")
_TOO_MANY = (429, f"At most {WAITING} requests may wait on one connection; wait for their answers first")
_NO_HOST = (400, "Send one Host header, and not more than one (RFC 9112, section 3.2)")


class _Refused(Exception):
    """Has the parser stop; what is answered stands in `_refusal`."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP with bounds on heads.

    Only bytes of which the parser has made nothing yet are counted, and only what is left unfinished has a time:
    a request that comes in one piece is not measured further. `look` is called about once a second.
    """

    # Bytes since the last head or piece of body was understood; the ends of chunks are among them.
    _loose = 0
    _in_head = False
    # When it began that a head is waited for; None while none is.
    _since: float | None = None
    _refusal: tuple[int, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected, and now owes a request."""
        super().connection_made(transport)
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        if self._refusal is not None:
            return
        self._loose += len(data)
        super().data_received(data)
        if self._loose > HEAD_BYTES:
            self._refuse(_TOO_LARGE)
        elif self._since is None and (self._in_head or not self._answering()):
            # Whatever has come ends uvicorn's own watch, also the rest of a body whose request is answered already.
            self._since = self.loop.time()

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        """The head is whole: look at it once, then answer."""
        headers = self.headers
        if len(headers) > HEADERS or (self._loose > LINE_BYTES and self._is_large()):
            self._stop(_TOO_LARGE)
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 and (hosts or self.parser.get_http_version() == "1.1"):
            self._stop(_NO_HOST)
        if len(self.pipeline) >= WAITING:
            self._stop(_TOO_MANY)
        self._loose = 0
        self._in_head = False
        self._since = None
        super().on_headers_complete()
        # What comes as a header after a body (a trailer) is not added to those that the answer believes.
        self.headers = headers.copy()

    def on_body(self, body: bytes) -> None:
        """A piece of a body, whose size and time `body.py` sees to."""
        self._loose = 0
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Answer for what the parser could not or should not read."""
        self._refuse(self._refusal or (400, msg))

    def look(self, now: float) -> None:
        """Let go who has owed a head for too long; `now` is the loop's time, in seconds."""
        if self._since is not None and now - self._since > HEAD_SECONDS and not self._answering():
            if self._in_head:
                self._refuse(_TOO_SLOW)
            self.transport.close()

    def _is_large(self) -> bool:
        sizes = [len(name) + len(value) for name, value in self.headers]
        return max(*sizes, 0, len(self.url)) > LINE_BYTES or sum(sizes) + len(self.url) > HEAD_BYTES

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _stop(self, refusal: tuple[int, str]) -> None:
        self._refusal = refusal
        raise _Refused

    def _refuse(self, refusal: tuple[int, str]) -> None:
        """Say why, and close; only close where it would fall into an answer."""
        self._refusal = refusal
        if not self.transport.is_closing() and not self._answering():
            status, text = refusal
            body = text.encode("ascii")
            self.transport.write(
                STATUS_LINE[status]
                + b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
                % len(body)
                + body
            )
        self.transport.close()
