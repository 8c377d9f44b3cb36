"""`verax model pull` against a hub on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from verax.kernel.errors import ConfigError, DigestMismatch, ModelUnavailable
from verax.models.pull import pull_gguf, source_url

BYTES = b"GGUF" + bytes(range(256)) * 12_000  # about 3 MB, several pieces
DIGEST = hashlib.sha256(BYTES).hexdigest()
REFERENCE = "owner/model-GGUF/model.Q4.gguf"


class Hub:
    """Serves one file by Range, as model hubs do: a redirect, then the bytes."""

    def __init__(self) -> None:
        self.data = BYTES
        self.etag = '"v1"'
        self.linked = f'"{DIGEST}"'
        self.break_after: list[int] = []
        self.served: list[tuple[int, int]] = []
        self.seen: list[dict[str, str]] = []
        self.url = ""
        self.with_ranges = True

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/owner/model-GGUF/resolve/main/model.Q4.gguf", self._redirect)
        app.router.add_get("/bytes", self._serve)
        return app

    async def _redirect(self, request: web.Request) -> web.Response:
        self.seen.append(dict(request.headers))
        if request.headers.get("Authorization") == "Bearer wrong":
            return web.Response(status=401)
        headers = {"Location": "/bytes"} | ({"X-Linked-ETag": self.linked} if self.linked else {})
        return web.Response(status=302, headers=headers)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        start, status = 0, 200
        wanted = request.headers.get("Range", "")
        if self.with_ranges and wanted and request.headers.get("If-Range") == self.etag:
            start, status = int(wanted.removeprefix("bytes=").removesuffix("-")), 206
        if start >= len(self.data):
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(self.data)}"})
        rest = self.data[start:]
        response = web.StreamResponse(status=status, headers={"ETag": self.etag, "Content-Length": str(len(rest))})
        await response.prepare(request)
        end = self.break_after.pop(0) if self.break_after else len(rest)
        await response.write(rest[:end])
        self.served.append((start, end))
        if end < len(rest) and request.transport is not None:
            request.transport.abort()
        return response


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    async with TestServer(hub.app()) as server:
        hub.url = str(server.make_url("/")).rstrip("/")
        yield hub


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "weights" / "model.gguf"


def only_file(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] == [target.name]


async def test_a_file_is_fetched_checked_and_put_in_place(hub: Hub, target: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    pulled = await pull_gguf(
        source_url(REFERENCE, hub.url), target, progress=lambda done, total: seen.append((done, total))
    )
    assert target.read_bytes() == BYTES
    assert (pulled.sha256, pulled.size_bytes, pulled.resumed_bytes, pulled.checked) == (DIGEST, len(BYTES), 0, True)
    assert seen[-1] == (len(BYTES), len(BYTES))
    assert only_file(target)


async def test_a_download_that_breaks_goes_on_where_it_ended(hub: Hub, target: Path) -> None:
    hub.break_after = [1_000_000, 500_000]
    await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert target.read_bytes() == BYTES
    starts = [start for start, _ in hub.served]
    assert starts[0] == 0 and len(starts) == 3
    assert 0 < starts[1] <= 1_000_000 and starts[1] < starts[2]


async def test_a_later_command_goes_on_where_an_earlier_one_ended(hub: Hub, target: Path) -> None:
    hub.break_after = [1_500_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ModelUnavailable, match="run the same command again"):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert not target.exists()
    hub.break_after = []
    pulled = await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert pulled.resumed_bytes > 0
    assert target.read_bytes() == BYTES
    assert only_file(target)


async def test_a_file_that_changed_on_the_hub_is_fetched_from_the_start(hub: Hub, target: Path) -> None:
    hub.break_after = [1_500_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ModelUnavailable):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    hub.break_after = []
    hub.data, hub.etag = b"GGUF" + bytes(10), '"v2"'
    hub.linked = f'"{hashlib.sha256(hub.data).hexdigest()}"'
    await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert target.read_bytes() == hub.data
    assert hub.served[-1][0] == 0


async def test_a_server_without_ranges_sends_everything_again(hub: Hub, target: Path) -> None:
    hub.with_ranges = False
    hub.break_after = [1_000_000]
    await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert target.read_bytes() == BYTES


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
async def test_a_part_that_the_server_cannot_vouch_for_is_not_taken_up(hub: Hub, target: Path, etag: str) -> None:
    hub.etag = etag
    hub.break_after = [1_000_000]
    await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert [start for start, _ in hub.served] == [0, 0]


async def test_a_wrong_digest_leaves_nothing_behind(hub: Hub, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"GGUF the old one")
    with pytest.raises(DigestMismatch, match=r"expected SHA-256 abababababab…, found"):
        await pull_gguf(source_url(REFERENCE, hub.url), target, "ab" * 32)
    assert target.read_bytes() == b"GGUF the old one"
    assert only_file(target)


async def test_bytes_that_are_not_what_the_hub_itself_names_are_refused(hub: Hub, target: Path) -> None:
    hub.data = BYTES[:-1] + b"\x00"
    with pytest.raises(DigestMismatch):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert not target.exists()


async def test_without_any_digest_the_result_says_that_nothing_was_checked(hub: Hub, target: Path) -> None:
    hub.linked = ""
    pulled = await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert not pulled.checked
    assert pulled.sha256 == DIGEST


async def test_a_page_instead_of_a_model_is_refused(hub: Hub, target: Path) -> None:
    hub.linked, hub.data = "", b"<html>please log in</html>"
    with pytest.raises(DigestMismatch, match="not a GGUF file"):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert not target.exists()


async def test_a_missing_file_and_a_wrong_token_are_said_so(hub: Hub, target: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no such file"):
        await pull_gguf(f"{hub.url}/none.gguf", target)
    with pytest.raises(ModelUnavailable, match="asks for a token"):
        await pull_gguf(source_url(REFERENCE, hub.url), target, token="wrong")
    with pytest.raises(ModelUnavailable, match="broke off"):
        await pull_gguf("http://127.0.0.1:1/x.gguf", target)


async def test_a_part_that_is_already_whole_is_only_checked(hub: Hub, target: Path) -> None:
    hub.break_after = [1_500_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ModelUnavailable):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    hub.break_after = []
    target.with_name("model.gguf.part").write_bytes(BYTES)
    pulled = await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert pulled.resumed_bytes == len(BYTES)
    assert target.read_bytes() == BYTES


async def test_a_part_that_is_longer_than_the_file_is_thrown_away(hub: Hub, target: Path) -> None:
    hub.linked = ""
    hub.break_after = [1_500_000, 0, 0, 0, 0, 0, 0]
    with pytest.raises(ModelUnavailable):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    hub.break_after = []
    target.with_name("model.gguf.part").write_bytes(BYTES + b"more")
    with pytest.raises(DigestMismatch, match=f"expected {len(BYTES)} bytes"):
        await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert list(target.parent.iterdir()) == []
    await pull_gguf(source_url(REFERENCE, hub.url), target)
    assert only_file(target)


async def test_a_digest_must_be_a_digest(hub: Hub, target: Path) -> None:
    with pytest.raises(ConfigError):
        await pull_gguf(source_url(REFERENCE, hub.url), target, "ABC")


def test_names_of_model_files() -> None:
    assert source_url("o/r/f.gguf", "http://hub/") == "http://hub/o/r/resolve/main/f.gguf"
    assert source_url("o/r/sub dir/f.gguf", "http://hub", "v1.0") == "http://hub/o/r/resolve/v1.0/sub%20dir/f.gguf"
    assert source_url("https://example.org/a/f.gguf?download=1") == "https://example.org/a/f.gguf?download=1"


@pytest.mark.parametrize(
    "source", ["", "f.gguf", "o/f.gguf", "o/r/f.bin", "o/r/../../f.gguf", "https://example.org/f.zip", "ftp://x/f.gguf"]
)
def test_what_names_no_model_file_is_refused(source: str) -> None:
    with pytest.raises(ConfigError):
        source_url(source, "http://hub")


def test_a_short_name_needs_a_hub() -> None:
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        source_url("o/r/f.gguf")
