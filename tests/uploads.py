"""What tests do with uploads of video and sound, over HTTP."""

import io
from pathlib import Path
from typing import Any

import httpx
from PIL import Image


def png(colour: str = "blue") -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (60, 30), colour).save(data, "PNG")
    return data.getvalue()


async def send(
    client: httpx.AsyncClient,
    data: bytes,
    *,
    thumbnail: bytes | None = None,
    version: str = "v2",
    **fields: str,
) -> httpx.Response:
    files = {"file": ("film.bin", data, "application/octet-stream")}
    if thumbnail is not None:
        files["thumbnail"] = ("cover.png", thumbnail, "image/png")
    return await client.post(f"/api/{version}/media", files=files, data=fields)


async def ready(town: Any, client: httpx.AsyncClient, data: bytes, **fields: Any) -> dict[str, Any]:
    """The attachment once it is ready."""
    answer = await send(client, data, **fields)
    assert answer.status_code == 202, answer.text
    waiting = answer.json()
    assert waiting["url"] is None
    path = f"/api/v1/media/{waiting['id']}"
    assert (await client.get(path)).status_code == 206
    await town.settle()
    shown = await client.get(path)
    assert shown.status_code == 200, shown.text
    entity: dict[str, Any] = shown.json()
    return entity


async def failed(town: Any, client: httpx.AsyncClient, data: bytes) -> str:
    """Why it will never be ready."""
    answer = await send(client, data)
    assert answer.status_code == 202, answer.text
    await town.settle()
    shown = await client.get(f"/api/v1/media/{answer.json()['id']}")
    assert shown.status_code == 422
    assert files(town) == []
    used = await client.post("/api/v1/statuses", json={"media_ids": [answer.json()["id"]]})
    assert used.status_code == 422
    text: str = shown.json()["error"]
    return text


def files(town: Any) -> list[Path]:
    """Everything that is kept of uploads."""
    return [path for path in (town.ctx.config.data_dir / "media").rglob("*") if path.is_file()]


async def fetched(client: httpx.AsyncClient, url: str, kind: str) -> bytes:
    answer = await client.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.content
