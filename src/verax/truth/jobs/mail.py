"""The text of an e-mail (.eml): who, when and about what, then its body; letters inside it likewise.

Of a body in several forms the plain one is read. Files that came with it are counted and not
read: add them by themselves.

Source: RFC 5322, RFC 2046 section 5.1.4 (multipart/alternative), RFC 2046 section 5.2.1 (message/rfc822).
"""

import email
import email.policy
from collections.abc import Sequence
from email.message import EmailMessage, MIMEPart
from email.mime.text import MIMEText

from verax.truth.jobs.html import extract_html
from verax.truth.jobs.lines import Extract, Tell, tell_extract

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_MAX_DEPTH = 5
_MAX_PARTS = 500
# What the package would otherwise load when it first meets such a letter.
_WARM = MIMEText("ü", _charset="utf-8")
_WARM["Subject"] = "=?iso-8859-1?q?=FC?="
_WARM["From"] = "a@example.org"
_WARM["Date"] = "Thu, 26 Nov 2026 10:00:00 +0000"


def run(data: bytes, arguments: Sequence[str], tell: Tell) -> None:
    """Read one letter; `arguments` is the most characters."""
    letter = _parse(data)
    if not any(letter[name] for name in _SHOWN):
        tell("problem", "broken")
        return
    extract = Extract(title=str(letter["Subject"] or "").strip())
    _add_letter(letter, extract, 1)
    tell_extract(extract, int(arguments[0]), tell)


def _parse(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)


def _add_letter(letter: EmailMessage, extract: Extract, level: int) -> None:
    if level > _MAX_DEPTH:
        extract.unread += 1
        return
    extract.add_heading(level, " ".join(str(letter["Subject"] or "").split()) or "(no subject)")
    for name in _SHOWN[:-1]:
        if letter[name]:
            extract.add(f"{name}: {' '.join(str(letter[name]).split())}\n")
    extract.end_line(2)
    before = extract.length
    for form in ("plain", "html"):
        body = letter.get_body((form,))
        if body is not None and extract.length == before:
            _add_body(body, extract)
    for part in _leaves(letter):
        if part.get_content_maintype() == "multipart" or _is_body(part, letter):
            continue
        inner = part.get_payload() if part.get_content_type() == "message/rfc822" else None
        if isinstance(inner, list) and inner and isinstance(inner[0], EmailMessage):
            _add_letter(inner[0], extract, level + 1)
        else:
            extract.unread += 1


def _add_body(body: MIMEPart, extract: Extract) -> None:
    try:
        text = body.get_content()
    except (LookupError, ValueError, OSError):  # an encoding that nobody knows, or that is not loaded
        payload = body.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if body.get_content_subtype() == "html":
        extract_html(text, extract)
    else:
        extract.add(text.replace("\r\n", "\n").strip())
    extract.end_line(2)


def _leaves(letter: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a letter, those of letters inside it left to them."""
    found: list[EmailMessage] = []
    waiting: list[object] = [letter]
    while waiting and len(found) < _MAX_PARTS:
        part = waiting.pop(0)
        if not isinstance(part, EmailMessage):
            continue
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting += list(part.iter_parts())
        elif part is not letter:
            found.append(part)
    return found


def _is_body(part: EmailMessage, letter: EmailMessage) -> bool:
    """Say whether a part is the body, in one of its forms."""
    return any(part is letter.get_body((form,)) for form in ("plain", "html"))


_add_letter(_parse(_WARM.as_bytes()), Extract(), 1)
