"""Several serving processes behind one port: a parent that starts them, and starts again what has died."""

import os
import signal
import socket
import subprocess
import sys
import time
from types import FrameType

import click

from fediserver.errors import ConfigError

STOP_WITHIN = 9.0
"""Seconds for the children to end well; with the looks between, the parent is gone after ten."""
RESTART_AFTER = 1.0
LOOK = 0.2


def listening(host: str, port: int) -> socket.socket:
    """A socket that one process or several take requests from; ConfigError when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as problem:
        found.close()
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {problem.strerror}; --port takes another"
        ) from None
    found.listen(2048)
    found.set_inheritable(True)
    return found


class Supervisor:
    """Keeps `count` children running; each ends with its parent, whose end closes a pipe that they watch."""

    def __init__(self, count: int, arguments: list[str], port: socket.socket) -> None:
        self._arguments = arguments
        self._port = port
        self._count = count
        self._ending = False
        self._children: list[subprocess.Popen[bytes]] = []
        self._read_end, self._write_end = os.pipe()

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then the children have some seconds to end well."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        self._children = [self._start() for _ in range(self._count)]
        while not self._ending:
            time.sleep(LOOK)
            for place, child in enumerate(self._children):
                code = child.poll()
                if code is not None and not self._ending:
                    click.echo(
                        f"process {child.pid} ended with {code}; another one takes its place", err=True
                    )
                    time.sleep(RESTART_AFTER)
                    self._children[place] = self._start()
        self._stop_children()

    def _end(self, number: int, frame: FrameType | None) -> None:
        self._ending = True

    def _start(self) -> subprocess.Popen[bytes]:
        ends = (self._port.fileno(), self._read_end)
        return subprocess.Popen(
            [sys.executable, "-m", "fediserver", "serve", *self._arguments, "--child", "{},{}".format(*ends)],
            pass_fds=ends,
        )

    def _stop_children(self) -> None:
        for child in self._children:
            child.terminate()
        end = time.monotonic() + STOP_WITHIN
        while time.monotonic() < end and any(child.poll() is None for child in self._children):
            time.sleep(0.05)
        for child in self._children:
            if child.poll() is None:
                child.kill()
        for child in self._children:
            child.wait()
