"""Files under random names in the data directory."""

import asyncio
import base64
import contextlib
import io
import os
import re
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import IO

import msgspec

from fediserver.errors import NotFound

# 32 letters and digits are 160 bits: nobody finds a file by guessing.
_NAME_BYTES = 20
_KEY = re.compile(r"[a-z2-7]{2}/[a-z2-7]{2}/[a-z2-7]{32}(?:\.[a-z0-9]{1,5})?")
_SUFFIX = re.compile(r"(?:\.[a-z0-9]{1,5})?")
_TEMPORARY = ".part"
_CHUNK = 1 << 20


class Usage(msgspec.Struct, frozen=True):
    """How many files there are, and their bytes in all."""

    files: int
    size: int


class Storage:
    """A folder of files, each with a key such as `k3/vq/k3vq….jpg`; only the owner may read them.

    What is stored is on the disk, whole, before its key is known.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    async def store(self, data: bytes, suffix: str = "") -> str:
        """Keep the bytes under a new random key; `suffix` such as `.jpg`. OSError when the disk is full."""
        if not _SUFFIX.fullmatch(suffix):
            raise ValueError(f"{suffix!r} is not a suffix")
        key = self.reserve() + suffix
        await self.keep(key, io.BytesIO(data))
        return key

    def reserve(self) -> str:
        """A new random key without a suffix: a stem, under which the files of one upload are kept."""
        name = base64.b32encode(secrets.token_bytes(_NAME_BYTES)).decode().lower()
        return f"{name[:2]}/{name[2:4]}/{name}"

    async def keep(self, key: str, source: IO[bytes]) -> None:
        """Keep what a file holds from where it stands, under a key of ours. OSError when the disk is full."""
        self.path(key)
        await asyncio.to_thread(_write, self._root, key, source)

    def part(self, stem: str, name: str) -> Path:
        """Where to write a file of a stem that is not whole yet; `settle` makes it one, `forget` removes it."""
        path = self.path(stem)
        return path.with_name(f"{path.name}.{name}{_TEMPORARY}")

    async def settle(self, part: Path, key: str) -> None:
        """Give a part that is whole its key; it is on the disk when this returns."""
        await asyncio.to_thread(_settle, part, self.path(key))

    async def forget(self, stem: str, *, but: Collection[str] = ()) -> None:
        """Remove the files of a stem, whole or in part, but for those keys."""
        await asyncio.to_thread(_forget, self.path(stem), {self.path(key) for key in but})

    def path(self, key: str) -> Path:
        """Where the file of a key lies, whether or not it is there; NotFound for what is no key."""
        if not _KEY.fullmatch(key):
            raise NotFound
        return self._root / key

    async def read(self, key: str) -> bytes:
        """The bytes of a file; NotFound when there is none."""
        path = self.path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise NotFound from error

    async def delete(self, key: str) -> int:
        """Remove a file; answers the bytes that this set free, 0 when there was none."""
        return await asyncio.to_thread(_remove, self.path(key))

    async def usage(self) -> Usage:
        """Counts every file, on the disk: for commands and checks, not for each request."""
        return await asyncio.to_thread(_measure, self._root)

    async def sweep(self) -> int:
        """Remove what writers left unfinished when they were killed; only while no other process writes."""
        return await asyncio.to_thread(_sweep, self._root)


def _write(root: Path, key: str, source: IO[bytes]) -> None:
    path = root / key
    made = [folder for folder in (root, path.parent.parent, path.parent) if not folder.exists()]
    for folder in made:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(path.name + _TEMPORARY)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(descriptor)
        temporary.rename(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise
    # A rename is on the disk once its folder is; a new folder, once the one above it is.
    for folder in dict.fromkeys([path.parent, *(folder.parent for folder in made)]):
        _sync(folder)


def _settle(part: Path, path: Path) -> None:
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    part.rename(path)
    _sync(path.parent)


def _forget(stem: Path, but: set[Path]) -> None:
    for path in {stem, *stem.parent.glob(f"{stem.name}.*")} - but:
        path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> int:
    try:
        size = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return 0
    return size


def _measure(root: Path) -> Usage:
    sizes = [
        path.stat().st_size
        for path in root.glob("??/??/*")
        if _KEY.fullmatch(path.relative_to(root).as_posix())
    ]
    return Usage(len(sizes), sum(sizes))


def _sweep(root: Path) -> int:
    left = list(root.glob(f"??/??/*{_TEMPORARY}"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
