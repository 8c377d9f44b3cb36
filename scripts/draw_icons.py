"""Draw the web app's icons as pictures from web/public/icon.svg; needs Chromium. Run it after the icon changed.

Systems that install the app want PNG files; one without rounded corners is for those that cut their own shape
("maskable": everything that matters lies within the inner four fifths).
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

PUBLIC = Path(__file__).resolve().parent.parent / "web" / "public"
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}
_CORNERS = re.compile(r' rx="\d+"')


def main() -> int:
    """Write every icon."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        print("error: no Chromium here; name one in CHROMIUM", file=sys.stderr)
        return 1
    drawing = (PUBLIC / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        for name, (size_px, is_square) in ICONS.items():
            (PUBLIC / name).write_bytes(draw(browser, _CORNERS.sub("", drawing) if is_square else drawing, size_px))
        browser.close()
    return 0


def draw(browser: Browser, drawing: str, size_px: int) -> bytes:
    """Return a drawing as a square PNG."""
    page = browser.new_page(viewport={"width": size_px, "height": size_px})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:{size_px}px}}</style>{drawing}")
    data = page.screenshot(omit_background=True)
    page.close()
    return data


if __name__ == "__main__":
    sys.exit(main())
