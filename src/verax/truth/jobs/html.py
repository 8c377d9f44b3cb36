"""The text of an HTML page as a reader of the page would see it.

* Left out, and counted as hidden: what `hidden`, `aria-hidden`, an inline style or a rule of the
  page's own style sheets keeps from view, and comments. Style sheets elsewhere are not fetched,
  so what they hide is read like everything else.
* Never text: scripts, styles, templates, forms' values, what is only there without scripts.
* Blocks end lines, headings and paragraphs are set apart, cells of a row are divided by a bar.

Source of what counts as a block: HTML (WHATWG), section 15.3, "Non-replaced elements".
"""

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from verax.truth.jobs.lines import Extract, Tell, tell_extract
from verax.truth.jobs.plain import decode_markup

__all__ = ["extract_html", "run"]

_NEVER = frozenset("script style template noscript head svg math iframe object canvas select option datalist".split())
_LINES = frozenset(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer "
    "form header hgroup hr html legend li listing main menu nav ol optgroup p plaintext pre search section summary "
    "table tbody tfoot thead tr ul xmp br caption".split()
)
_APART = frozenset("p blockquote pre ul ol dl table figure article section hr".split())
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_CELLS = frozenset(("td", "th"))
_FRAMES = frozenset("table tbody thead tfoot tr ul ol dl menu".split())
_UNSEEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)"
    r"|font-size\s*:\s*0[a-z%]*\s*(?:;|!|$)|(?:max-)?(?:height|width)\s*:\s*0[a-z%]*\s*;?\s*overflow\s*:\s*hidden"
    r"|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*inset\(\s*(?:50|100)%)",
    re.IGNORECASE,
)
_CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CSS_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_CSS_MEDIA = re.compile(r"@media([^{}]*)\{((?:[^{}]|\{[^{}]*\})*)\}", re.IGNORECASE)
_SPACES = re.compile(r"\s+")
_MAX_RULES = 2_000
_MAX_DEPTH = 400


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one page; `arguments` is the most characters."""
    tell_extract(extract_html(decode_markup(data)), int(arguments[0]), tell)


def extract_html(source: str, into: Extract | None = None) -> Extract:
    """Return the visible text of a page, added to `into` where that is given."""
    extract = into or Extract()
    tree = LexborHTMLParser(source)
    title = tree.css_first("title")
    if title is not None and not extract.title:
        extract.title = _SPACES.sub(" ", title.text()).strip()
    unseen = {node.mem_id for node in _unseen_by_rules(tree)}
    if tree.body is not None:
        _walk(tree.body, extract, unseen, 0)
    return extract


def _walk(node: LexborNode, extract: Extract, unseen: set[int], depth: int) -> None:
    tag = node.tag
    if tag == "-text":
        _add_text(node, extract)
    elif tag == "-comment":
        extract.hidden += len((node.comment_content or "").strip())
    elif tag in _NEVER or tag is None or tag.startswith("-"):
        return
    elif node.mem_id in unseen or _is_unseen(node):
        extract.hidden += len(_SPACES.sub(" ", node.text()).strip())
    elif tag in _HEADINGS:
        words = _SPACES.sub(" ", node.text()).strip()
        if words:
            extract.add_heading(_HEADINGS[tag], words)
    else:
        _walk_inside(node, tag, extract, unseen, depth)


def _walk_inside(node: LexborNode, tag: str, extract: Extract, unseen: set[int], depth: int) -> None:
    if tag in _LINES:
        extract.end_line(2 if tag in _APART else 1)
    elif tag in _CELLS and extract.parts and not extract.parts[-1].endswith("\n"):
        extract.add(" | ")
    if depth >= _MAX_DEPTH:
        extract.add(_SPACES.sub(" ", node.text()).strip())
    else:
        for child in node.iter(include_text=True):
            _walk(child, extract, unseen, depth + 1)
    if tag in _LINES:
        extract.end_line(2 if tag in _APART else 1)


def _add_text(node: LexborNode, extract: Extract) -> None:
    text = node.text_content or ""
    parent = node.parent
    if parent is not None and parent.tag in ("pre", "code") and "\n" in text.strip("\n"):
        extract.add(text.strip("\n"))
        return
    text = _SPACES.sub(" ", text)
    if text == " " and parent is not None and parent.tag in _FRAMES:
        return
    if not extract.parts or extract.parts[-1].endswith(("\n", " ")):
        text = text.lstrip(" ")
    extract.add(text)


def _is_unseen(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes or (attributes.get("aria-hidden") or "").lower() == "true":
        return True
    if node.tag == "input":
        return True
    return bool(_UNSEEN.search(attributes.get("style") or ""))


def _unseen_by_rules(tree: LexborHTMLParser) -> Iterator[LexborNode]:
    """Yield what rules of the page's own sheets hide on a screen."""
    sheet = _CSS_COMMENT.sub(" ", "\n".join(style.text() for style in tree.css("style")))
    for count, (selector, rule) in enumerate(_CSS_RULE.findall(_CSS_MEDIA.sub(_screen_rules, sheet))):
        if count >= _MAX_RULES:
            return
        if _UNSEEN.search(rule):
            try:
                yield from tree.css(selector.strip())
            except SelectolaxError:  # a selector that this parser does not know
                continue


def _screen_rules(media: re.Match[str]) -> str:
    return media[2] if "print" not in media[1].lower() else " "
