"""The chat in Chromium: first load, long conversations, frames while typing and streaming, memory.

    python -m bench.web [OUTPUT.json] [--quick]

A real server and a scripted model share the machine with the browser, which draws without a
graphics card. Figures:

* ``first_load``: bytes of scripts as they are sent (compressed) and milliseconds until a message
  can be typed, with an empty cache; median of `_LOADS`.
* ``open_ms``: from the click on a long conversation to its newest message on the screen.
* ``frames``: milliseconds between frames (median, 95th and 99th percentile, longest), the share of
  frames that came over 20 ms after the one before, tasks over 50 ms, and the processor time that
  the page's thread took for each frame (16.7 ms is all there is, however busy the machine), while
  nothing happens, while somebody types, while an answer streams and somebody types, and while
  somebody scrolls.
* ``memory``: megabytes of the page's JavaScript heap after garbage collection, and elements in the
  page, before and after a conversation of a thousand messages was held in one tab.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bench.machine import describe
from bench.output import output_of, write_result
from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.long_conversation import fill_conversation
from verax.testing.running_server import RunningServer, run_server
from verax.testing.scripted import Reply, Rule, ScriptedBackend

ROOT = Path(__file__).resolve().parent.parent
_PASSWORD = "correct horse"
_LOADS = 7
_TYPED = "The quick brown fox jumps over the lazy dog, and goes on while words come in. " * 3
_PARAGRAPH = "An answer with **weight**, `code`, a [link](https://example.org/) and plain words of some length. " * 3
_STREAMED = f"{_PARAGRAPH}\n\n- one\n- two\n\n```python\nprint('x')\n```\n\n" * 40

_SCRIPT_BYTES = """() => performance.getEntriesByType('resource')
    .filter(resource => resource.name.endsWith('.js'))
    .reduce((sum, resource) => sum + resource.encodedBodySize, 0)"""

_COUNT_FRAMES = """() => {
    const frames = [], tasks = []
    let last = performance.now(), isOn = true
    const step = now => { frames.push(now - last); last = now; if (isOn) requestAnimationFrame(step) }
    requestAnimationFrame(step)
    const observer = new PerformanceObserver(list => tasks.push(...list.getEntries().map(task => task.duration)))
    observer.observe({entryTypes: ['longtask']})
    window.stopFrames = () => { isOn = false; observer.disconnect(); return {frames: frames.slice(2), tasks} }
}"""


def main(arguments: list[str]) -> int:
    """Measure and write the figures as JSON."""
    quick = "--quick" in arguments
    result = {"suite": "web", "machine": describe(), **measure(quick)}
    write_result(result, output_of(arguments))
    return 0


def measure(quick: bool) -> dict[str, Any]:
    """Return every figure of the suite."""
    subprocess.run([sys.executable, str(ROOT / "scripts" / "webapp.py"), "build"], check=True)
    counts = (2_000, 10_000) if quick else (10_000, 100_000)
    with _browser() as browser, _world(counts) as (server, conversations):
        found: dict[str, Any] = {
            "chromium": browser.version,
            "first_load": _first_load(browser, server.url, 2 if quick else _LOADS),
            "open_ms": {str(count): _open_ms(browser, server.url, path) for count, path in conversations.items()},
            "frames": _frames(browser, server.url, conversations[10_000]),
            "memory": _memory(browser, server.url, 100 if quick else 1_000),
        }
    found["table"] = _table(found)
    return found


def _table(found: dict[str, Any]) -> list[dict[str, Any]]:
    streaming = found["frames"]["streaming and typing"]
    longest = max(map(int, found["open_ms"]))
    return [
        _row("scripts of the first load, KiB (gzip)", "< 300", found["first_load"]["script_kib"]),
        _row("first load until a message can be typed, ms", "< 1000", found["first_load"]["usable_ms"]),
        _row(f"opening a chat of {longest} messages, ms", "", found["open_ms"][str(longest)]),
        _row("typing and streaming in a chat of 10000, ms between frames (95th percentile)", "16.7", streaming["p95"]),
        _row("the same, processor time for a frame, ms", "< 16.7", streaming["busy_ms_per_frame"]),
        _row("heap added by 1000 messages, MiB", "", found["memory"]["added_mib"]),
    ]


def _row(name: str, aim: str, value: float) -> dict[str, Any]:
    return {"figure": name, "aim": aim, "reached": round(value, 2)}


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        raise SystemExit("bench.web: no Chromium here; install it, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=[*arguments, "--enable-precise-memory-info"])
        yield browser
        browser.close()


@contextlib.contextmanager
def _world(counts: tuple[int, ...]) -> Iterator[tuple[RunningServer[Installation], dict[int, str]]]:
    """Serve a real installation with one person and conversations of so many messages; paths by count."""
    backend = ScriptedBackend([Rule("^stream", Reply((_STREAMED,), delay_s=0.01)), Rule("^short", "A short answer.")])
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="verax-bench-")))
        server = stack.enter_context(run_server(lambda: open_installation(folder, backend, rate_per_minute=None)))
        installation = server.installation
        user = server.call(installation.accounts.create_user("ann", password=_PASSWORD, roles=("member",)))
        made = {count: f"/c/{fill_conversation(installation.database, user.user_id, count)}" for count in counts}
        yield server, made


@contextlib.contextmanager
def _page(browser: Browser, url: str, path: str) -> Iterator[Page]:
    """Open a page of the signed-in person, in a browser that has kept nothing."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 860})
    body = {"name": "ann", "password": _PASSWORD}
    signed_in = context.request.post("/v1/session", data=body, headers={"Origin": url})
    if not signed_in.ok:
        raise RuntimeError(signed_in.text())
    page = context.new_page()
    page.goto(path)
    yield page
    context.close()


def _first_load(browser: Browser, url: str, loads: int) -> dict[str, Any]:
    sizes, times_ms = [], []
    for _ in range(loads):
        with _page(browser, url, "about:blank") as page:
            started_s = time.perf_counter()
            page.goto(url)
            page.locator("textarea").wait_for()
            times_ms.append((time.perf_counter() - started_s) * 1000)
            page.wait_for_load_state("networkidle")
            sizes.append(page.evaluate(_SCRIPT_BYTES))
    return {
        "loads": loads,
        "script_kib": round(statistics.median(sizes) / 1024, 1),
        "usable_ms": round(statistics.median(times_ms)),
        "usable_worst_ms": round(max(times_ms)),
    }


def _open_ms(browser: Browser, url: str, path: str) -> int:
    with _page(browser, url, "/") as page:
        link = page.locator(f"a[href='{path}']").first
        link.wait_for()
        started_s = time.perf_counter()
        link.click()
        page.locator("li[data-last]").wait_for()
        return round((time.perf_counter() - started_s) * 1000)


def _frames(browser: Browser, url: str, path: str) -> dict[str, Any]:
    with _page(browser, url, path) as page:
        page.locator("li[data-last]").wait_for()
        page.wait_for_load_state("networkidle")
        field = page.locator("textarea")
        found = {}
        with _counted(page, found, "nothing happens"):
            page.wait_for_timeout(2_000)
        with _counted(page, found, "typing"):
            field.press_sequentially(_TYPED, delay=25)
        field.fill("stream")
        field.press("Enter")
        page.locator("article[aria-busy=true] p").first.wait_for()
        with _counted(page, found, "streaming and typing"):
            field.press_sequentially(_TYPED, delay=25)
        page.locator("section[tabindex]").hover()
        with _counted(page, found, "scrolling"):
            for _ in range(100):
                page.mouse.wheel(0, -300)
                page.wait_for_timeout(25)
        return found


@contextlib.contextmanager
def _counted(page: Page, found: dict[str, Any], name: str) -> Iterator[None]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.evaluate(_COUNT_FRAMES)
    before_s = _busy_s(session)
    yield
    busy_s = _busy_s(session) - before_s
    counted = page.evaluate("window.stopFrames()")
    frames = sorted(counted["frames"])
    found[name] = {
        "frames": len(frames),
        "p50": round(statistics.median(frames), 1),
        "p95": round(frames[int(len(frames) * 0.95)], 1),
        "p99": round(frames[int(len(frames) * 0.99)], 1),
        "longest": round(frames[-1], 1),
        "late_percent": round(100 * sum(frame > 20 for frame in frames) / len(frames), 2),
        "long_tasks": len(counted["tasks"]),
        "busy_ms_per_frame": round(1000 * busy_s / len(frames), 2),
    }


def _busy_s(session: CDPSession) -> float:
    """Return the processor time that the page's own thread has taken; other work on the machine does not count."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))


def _memory(browser: Browser, url: str, messages: int) -> dict[str, Any]:
    with _page(browser, url, "/") as page:
        field = page.locator("textarea")
        for number in range(10):
            _talk(page, number)
        before = _heap(page)
        for number in range(messages // 2):
            _talk(page, number)
        after = _heap(page)
        field.wait_for()
    return {
        "messages": messages,
        "before_mib": before["mib"],
        "after_mib": after["mib"],
        "added_mib": round(after["mib"] - before["mib"], 2),
        "elements_before": before["elements"],
        "elements_after": after["elements"],
    }


def _talk(page: Page, number: int) -> None:
    field = page.locator("textarea")
    field.fill(f"short {number}")
    field.press("Enter")
    page.locator("article p", has_text="A short answer.").last.wait_for()
    page.get_by_role("button", name="Send", exact=True).wait_for()


def _heap(page: Page) -> dict[str, Any]:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return {"mib": round(used / 2**20, 2), "elements": page.evaluate("document.querySelectorAll('*').length")}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
