"""A program on this machine that waits for its member to come back from the browser (RFC 8252, section 7.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit


class Callback:
    """Its address, and what the browser brought: the parameters of every request."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.brought: list[dict[str, str]] = []


@contextmanager
def listening() -> Iterator[Callback]:
    """Listen on a loopback port until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/back":
                callback.brought.append(dict(parse_qsl(parts.query)))
            self.send_response(200)
            self.send_header("content-type", "text/plain")
            self.end_headers()
            self.wfile.write(b"You can close this window")

        def log_message(self, *_: object) -> None:
            """Nothing: what tests print is for what fails."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        callback = Callback(f"http://127.0.0.1:{server.server_port}/back")
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield callback
        finally:
            server.shutdown()
            thread.join()
