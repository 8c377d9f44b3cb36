"""Why a document is not taken: an error for each case, with a permanent code and a way out."""

from __future__ import annotations

from verax.kernel.errors import RequestError

__all__ = ["empty", "no_converter", "refusal", "too_complex"]


def refusal(kind: str) -> RequestError:
    """Return the error for what a reader said of a document; for a word that is not known, that it is broken."""
    if kind == "encrypted":
        return RequestError(
            "document: it is locked with a password",
            hint="save a copy without the password and add that",
            code="document/encrypted",
        )
    if kind == "no-text":
        return RequestError(
            "document: it holds pictures of its pages and no text",
            hint="run it through text recognition (OCR) and add the result",
            code="document/no-text",
        )
    if kind == "unsupported":
        return RequestError(
            "document: expected PDF, Word (.docx), HTML, Markdown, CSV, e-mail (.eml) or text in UTF-8",
            hint="save it as one of these",
            code="document/unsupported",
        )
    if kind == "too-complex":
        return too_complex("it would grow beyond bounds when it is unpacked")
    return RequestError("document: it is damaged or cut off", hint="open it and save it again", code="document/broken")


def too_complex(reason: str) -> RequestError:
    """Return the error for a document that was made to exhaust its reader, or is truly vast."""
    return RequestError(
        f"document: it could not be read: {reason}",
        hint="split it, or save it in a simpler form",
        code="document/too-complex",
    )


def empty() -> RequestError:
    """Return the error for a document without a word."""
    return RequestError("document: it holds no text", hint="choose another file", code="document/empty")


def no_converter(package: str) -> RequestError:
    """Return the error for a server that lacks the extra ``knowledge``."""
    return RequestError(
        f"document: this server cannot read it: the package {package} is missing",
        hint='install "verax[knowledge]"',
        code="document/no-converter",
    )
