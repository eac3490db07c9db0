"""`fediserver` with names under .localhost that lead to this machine (RFC 6761), also where the system has none.

The generator's hosts need names of their own; one look-up of `localhost` costs what theirs would cost.
"""

import socket
from typing import Any

_system = socket.getaddrinfo


def _getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    is_ours = isinstance(host, str) and host.endswith(".localhost")
    return _system("localhost" if is_ours else host, *args, **kwargs)


if __name__ == "__main__":
    socket.getaddrinfo = _getaddrinfo
    from fediserver.cli import main

    main()
