"""What is written in one turn of the loop leaves in one go, in order, and nothing is lost or kept."""

import asyncio
from typing import cast

from fediserver.web.wire import HELD, Joining


class Socket:
    """Stands for a transport: notes what is written."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed, "nothing may be written after the end"
        self.sent.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def peer(self) -> str:
        return "somebody"


def joining() -> tuple[Joining, Socket]:
    socket = Socket()
    return Joining(cast(asyncio.Transport, socket), asyncio.get_running_loop()), socket


async def test_head_and_body_leave_together() -> None:
    transport, socket = joining()
    transport.write(b"head ")
    transport.write(b"body")
    assert socket.sent == []
    await asyncio.sleep(0)
    assert socket.sent == [b"head body"]


async def test_pieces_of_a_stream_leave_each_in_its_turn() -> None:
    transport, socket = joining()
    for piece in (b"one", b"two"):
        transport.write(piece)
        await asyncio.sleep(0)
    assert socket.sent == [b"one", b"two"]


async def test_much_is_not_held_back() -> None:
    transport, socket = joining()
    transport.write(b"head")
    transport.write(b"x" * HELD)
    assert socket.sent == [b"head" + b"x" * HELD]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert socket.sent[1:] == [b"more"]


async def test_closing_sends_what_is_held() -> None:
    transport, socket = joining()
    transport.write(b"goodbye")
    transport.close()
    await asyncio.sleep(0)
    assert socket.sent == [b"goodbye"]
    assert socket.closed


async def test_what_is_held_is_dropped_when_the_other_side_is_gone() -> None:
    transport, socket = joining()
    transport.write(b"too late")
    socket.closed = True
    await asyncio.sleep(0)
    assert socket.sent == []


async def test_it_is_the_given_transport_in_all_else() -> None:
    transport, _ = joining()
    assert transport.peer() == "somebody"
