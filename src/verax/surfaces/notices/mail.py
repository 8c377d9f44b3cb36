"""Notices by e-mail: plain text over SMTP, encrypted on the way to the server in the settings.

* ``smtps://`` speaks TLS from the first byte, ``smtp://`` turns it on before anything is said
  (STARTTLS) and sends nothing where the server cannot. Certificates are checked. Only a server on
  this machine may be spoken to in the clear.
* Several notices that wait make one message.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from verax.config import is_loopback
from verax.surfaces.notices.notice import Notice
from verax.surfaces.notices.webhook import NotDelivered

__all__ = ["Mail", "MailServer"]

_TIMEOUT_S = 20.0
_SMTPS_PORT, _SMTP_PORT = 465, 587


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in."""

    host: str
    port: int
    is_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Read ``smtps://user:password@host:port``; user, password and port may be left out."""
        parts = urlsplit(url)
        is_tls = parts.scheme == "smtps"
        port = parts.port or (_SMTPS_PORT if is_tls else _SMTP_PORT)
        return cls(parts.hostname or "", port, is_tls, unquote(parts.username or ""), unquote(parts.password or ""))


class Mail:
    """Sends notices to fixed addresses.

    Args:
        context: TLS settings; the system's by default.
    """

    name = "mail"

    def __init__(
        self, server: MailServer, sender: str, receivers: tuple[str, ...], context: ssl.SSLContext | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._receivers = receivers
        self._context = context

    async def deliver(self, notices: list[Notice]) -> None:
        """Send notices as one message.

        Raises:
            NotDelivered: the server could not be reached, has no TLS, or refused the message.
        """
        await asyncio.to_thread(self._send, self._message(notices))

    async def close(self) -> None:
        """Nothing stays open between messages."""

    def _message(self, notices: list[Notice]) -> EmailMessage:
        message = EmailMessage()
        codes = ", ".join(sorted({notice.code for notice in notices}))
        message["Subject"] = f"Verax: {codes}"
        message["From"] = self._sender
        message["To"] = ", ".join(self._receivers)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain="verax.invalid")
        message["Auto-Submitted"] = "auto-generated"
        text = "\n\n".join(notice.to_text() for notice in notices)
        message.set_content(f"{text}\n\nInstallation {notices[0].installation}\n")
        return message

    def _send(self, message: EmailMessage) -> None:
        server = self._server
        try:
            with self._connect() as smtp:
                if not server.is_tls and not is_loopback(server.host):
                    smtp.starttls(context=self._tls())
                if server.user:
                    smtp.login(server.user, server.password)
                smtp.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise NotDelivered(f"mail: {type(error).__name__}") from None

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.is_tls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=self._tls())
        return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)

    def _tls(self) -> ssl.SSLContext:
        return self._context or ssl.create_default_context()
