import io
import os
from pathlib import Path

import pytest

from fediserver.errors import NotFound
from fediserver.media.storage import Storage, Usage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(tmp_path / "media")


async def test_what_is_stored_can_be_read_counted_and_deleted(storage: Storage) -> None:
    keys = [await storage.store(data, ".jpg") for data in (b"one", b"twelve")]
    assert await storage.read(keys[0]) == b"one"
    assert await storage.usage() == Usage(files=2, size=9)
    assert await storage.delete(keys[1]) == 6
    assert await storage.delete(keys[1]) == 0
    with pytest.raises(NotFound):
        await storage.read(keys[1])


async def test_keys_are_random_and_sharded(storage: Storage) -> None:
    keys = {await storage.store(b"same") for _ in range(20)}
    assert len(keys) == 20
    for key in keys:
        first, second, name = key.split("/")
        assert name.startswith(first + second)
        assert len(name) == 32


async def test_only_the_owner_may_read(storage: Storage, tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        path = storage.path(await storage.store(b"x", ".png"))
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "media"):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "key",
    [
        "", "..", "../../../etc/passwd", "/etc/passwd", "ab/cd/../../../x", "ab/cd/abcd", "ab/cd/" + "a" * 33,
        "AB/CD/" + "A" * 32, "ab/cd/" + "a" * 32 + ".jpg/..", "ab/cd/" + "a" * 32 + "\n", "ab\\cd\\" + "a" * 32,
        "ab/cd/" + "a" * 32 + ".jpg.part", "ab/cd/" + "a" * 31 + "\0",
    ],
)  # fmt: skip
async def test_other_texts_are_no_keys(storage: Storage, key: str) -> None:
    with pytest.raises(NotFound):
        storage.path(key)
    with pytest.raises(NotFound):
        await storage.delete(key)


@pytest.mark.parametrize("suffix", ["jpg", "/x", ".j/g", ".toolong", ".JPG"])
async def test_suffixes_are_short_and_plain(storage: Storage, suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        await storage.store(b"x", suffix)


async def test_a_failed_write_leaves_nothing(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        await storage.store(b"x" * 1000)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_what_a_killed_writer_left_is_swept_away(storage: Storage) -> None:
    key = await storage.store(b"x")
    left = storage.path(key).with_name("half.part")
    left.write_bytes(b"ha")
    assert await storage.usage() == Usage(files=1, size=1)
    assert await storage.sweep() == 1
    assert not left.exists()
    assert await storage.read(key) == b"x"


async def test_an_empty_storage_counts_nothing(storage: Storage) -> None:
    assert await storage.usage() == Usage(files=0, size=0)
    assert await storage.sweep() == 0


async def test_files_of_a_stem_go_together(storage: Storage, tmp_path: Path) -> None:
    stem = storage.reserve()
    await storage.keep(stem + ".raw", io.BytesIO(b"as sent"))
    part, left = storage.part(stem, "mp4"), storage.part(stem, "cover")
    part.write_bytes(b"made")
    left.write_bytes(b"half")
    await storage.settle(part, stem + ".mp4")
    assert await storage.read(stem + ".mp4") == b"made"
    assert storage.path(stem + ".mp4").stat().st_mode & 0o777 == 0o600
    other = await storage.store(b"another's", ".mp4")
    await storage.forget(stem, but=[stem + ".mp4"])
    assert (await storage.usage()).files == 2
    assert not left.exists()
    await storage.forget(stem)
    assert await storage.read(other) == b"another's"
    assert (await storage.usage()).files == 1
    with pytest.raises(NotFound):
        await storage.forget("../" + stem)
