"""Names to addresses, with the guard applied to what the connection is then made to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from fediserver.errors import Refused, Unreachable
from fediserver.net.guard import AddressGuard

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Answers the addresses of a name, best first; OSError when it has none."""

LOOKUP_SECONDS = 5.0
MAX_ADDRESSES = 16


class NoSuchName(Unreachable):
    """The name servers say that there is no such name; that they do not answer is something else."""


class SystemLookup:
    """getaddrinfo in threads of its own: a name server that hangs must not hold up other work in threads."""

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")

    async def __call__(self, host: str) -> list[str]:
        """Addresses of a host in the system's order, without doubles."""
        loop = asyncio.get_running_loop()
        answers = await loop.run_in_executor(self._threads, _addresses, host)
        # Not every hosts file knows both; a server listens on either (RFC 6761 section 6.3).
        loopback = ["127.0.0.1", "::1"] if host == "localhost" else []
        return list(dict.fromkeys([*answers, *loopback]))

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedResolver(AbstractResolver):
    """Gives aiohttp only addresses that the guard permits; aiohttp connects to these and asks no further.

    So a name that answers differently the second time gains nothing.
    """

    def __init__(self, guard: AddressGuard, *, scheme: str, lookup: Lookup) -> None:
        self._guard = guard
        self._scheme = scheme
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Permitted addresses of a host; Refused("ssrf") when it has others only, Unreachable when none,
        NoSuchName when that is for sure.
        """
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                addresses = list(await self._lookup(host))[:MAX_ADDRESSES]
        except TimeoutError as error:
            raise Unreachable(f"{host}: no answer from the name server in {LOOKUP_SECONDS:.0f} s") from error
        except (OSError, UnicodeError) as error:
            is_certain = isinstance(error, UnicodeError) or error.errno == socket.EAI_NONAME
            kind = NoSuchName if is_certain else Unreachable
            raise kind(f"{host}: the name was not found ({error})") from error
        permitted: list[ResolveResult] = []
        objections: list[str] = []
        for address in addresses:
            objection = self._guard.objection(address, scheme=self._scheme, port=port)
            if objection is None:
                permitted.append(_result(host, address, port))
            else:
                objections.append(objection)
        if permitted:
            return permitted
        if objections:
            raise Refused("ssrf", f"{host}: {objections[0]}")
        raise Unreachable(f"{host}: the name has no address")

    async def close(self) -> None:
        """Nothing to close; the lookup is its owner's."""


def _addresses(host: str) -> list[str]:
    # A zone id (fe80::1%2) is cut off: link-local addresses are refused anyway.
    return [
        str(entry[4][0]).partition("%")[0]
        for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    ]


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
