"""Notices arrive once, in order, signed and encrypted, at the addresses of the settings and nowhere else."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import hmac
import ipaddress
import json
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from verax.kernel.errors import RolledBack
from verax.kernel.fold import State
from verax.store.cursors import Cursors
from verax.store.database import open_database
from verax.surfaces.notices.mail import Mail, MailServer
from verax.surfaces.notices.notice import Notice, notices_of
from verax.surfaces.notices.notifier import Notifier, NotifierParts
from verax.surfaces.notices.webhook import NotDelivered, Webhook, signature_of
from verax.testing.clock import VirtualClock
from verax.testing.governance import SimulatedHistory, root_document
from verax.testing.receivers import MailReceiver, WebhookReceiver
from verax.testing.releases import make_release

LIMIT_S = 20.0
NOTICE = Notice("test/abc", 7, "monitor/tripped", "assistant", 2, 1_000, 2_000, "It tripped.", "Look.")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.01)


class Log:
    """A governance log that a test writes."""

    def __init__(self) -> None:
        self.history = SimulatedHistory(root_document(solo=True))
        self.fault: RolledBack | None = None
        self._adopted: list[Callable[[], None]] = []
        self._alarms: list[Callable[[str, str], None]] = []

    @property
    def state(self) -> State:
        return self.history.state

    async def entries(self) -> list[bytes]:
        return list(self.history.entries)

    def on_adopted(self, call: Callable[[], None]) -> None:
        self._adopted.append(call)

    def on_alarm(self, call: Callable[[str, str], None]) -> None:
        self._alarms.append(call)

    def alarm(self, code: str) -> int:
        outcome = self.history.alarm("recorder", code, "assistant")
        assert outcome.effective, outcome.reason
        for call in self._adopted:
            call()
        return outcome.index

    def ring(self, code: str) -> None:
        for call in self._alarms:
            call(code, "none")


class Lock:
    def is_held(self) -> bool:
        return True

    def release(self) -> None:
        return


class Clock(VirtualClock):
    """Wall time of the simulated log; waiting is real."""

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()


def notifier(folder: Path, log: Log, *ways: Webhook | Mail) -> Notifier:
    cursors = Cursors(open_database(folder / "notices.db"))
    return Notifier(NotifierParts(log, cursors, ways, Lock, Clock(), poll_s=0.02))


def webhook(receiver: WebhookReceiver, secret: str = "s3cret") -> Webhook:
    return Webhook(receiver.url, secret, lambda: 1_795_000_000)


async def position(folder: Path) -> int | None:
    database = open_database(folder / "notices.db")
    found = await Cursors(database).position("notices/webhook")
    database.close()
    return found


# What is told


def test_moves_and_alarms_are_told_and_nothing_else() -> None:
    log = Log()
    release = make_release("You answer briefly.")
    log.history.release_now(release)
    log.alarm("monitor/tripped")
    found = notices_of(log.history.entries, log.state, 0)
    assert [(notice.code, notice.channel) for notice in found] == [
        ("move/admit", "assistant"),
        ("monitor/tripped", "assistant"),
    ]
    assert [notice.index for notice in found] == [2, 3]
    assert "briefly" not in found[0].to_text() + found[0].to_bytes().decode()
    assert notices_of(log.history.entries, log.state, 4) == []


def test_a_notice_is_the_same_at_every_attempt() -> None:
    body = json.loads(NOTICE.to_bytes())
    assert body == {
        "v": 1,
        "installation": "test/abc",
        "index": 7,
        "code": "monitor/tripped",
        "channel": "assistant",
        "count": 2,
        "first_ms": 1_000,
        "last_ms": 2_000,
        "meaning": "It tripped.",
        "next_step": "Look.",
    }
    assert NOTICE.id == "test/abc/7"
    assert NOTICE.to_text().startswith("monitor/tripped on assistant, 2 times\n")


# By webhook


async def test_a_webhook_is_signed_over_time_and_body() -> None:
    async with WebhookReceiver() as receiver:
        way = webhook(receiver)
        await way.deliver([NOTICE])
        await way.close()
    (posted,) = receiver.posted
    time_s, mac = (part.partition("=")[2] for part in posted.headers["Verax-Signature"].split(","))
    assert mac == hmac.new(b"s3cret", time_s.encode() + b"." + posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["Verax-Notice"] == "test/abc/7"
    assert json.loads(posted.body)["code"] == "monitor/tripped"
    assert signature_of(b"k", 5, b"body") == "t=5,v1=" + hmac.new(b"k", b"5.body", hashlib.sha256).hexdigest()


async def test_without_a_secret_nothing_pretends_to_be_signed() -> None:
    async with WebhookReceiver() as receiver:
        way = webhook(receiver, "")
        await way.deliver([NOTICE])
        await way.close()
    assert "Verax-Signature" not in receiver.posted[0].headers


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 404, 500])
async def test_a_redirect_is_not_followed_and_no_other_answer_is_a_receipt(status: int) -> None:
    async with WebhookReceiver() as elsewhere, WebhookReceiver(status, location=elsewhere.url) as receiver:
        way = webhook(receiver)
        with pytest.raises(NotDelivered, match=str(status)):
            await way.deliver([NOTICE])
        await way.close()
        assert elsewhere.posted == []


async def test_a_receiver_that_is_not_there_is_no_receipt_and_its_address_is_not_told() -> None:
    way = Webhook("http://127.0.0.1:1/token-in-the-path", "", lambda: 0)
    with pytest.raises(NotDelivered) as caught:
        await way.deliver([NOTICE])
    await way.close()
    assert "token" not in str(caught.value)


# Following the log


async def test_a_first_start_tells_nothing_of_what_was_long_ago(tmp_path: Path) -> None:
    log = Log()
    log.alarm("log/rolled-back")
    async with WebhookReceiver() as receiver:
        running = notifier(tmp_path, log, webhook(receiver))
        running.start()
        await asyncio.sleep(0)
        await running.close()
        assert receiver.posted == []
    assert await position(tmp_path) == log.state.size


async def test_what_fails_is_tried_again_and_nothing_is_told_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("verax.surfaces.notices.notifier._FIRST_S", 0.01)
    log = Log()
    async with WebhookReceiver(500, 503, 204) as receiver:
        running = notifier(tmp_path, log, webhook(receiver))
        await running._round()
        running.start()
        first = log.alarm("monitor/tripped")
        second = log.alarm("monitor/no-key")
        await until(lambda: len(receiver.posted) == 4)
        await running.close()
    assert [json.loads(item.body)["index"] for item in receiver.posted] == [first, first, first, second]
    assert len({item.headers["Verax-Notice"] for item in receiver.posted}) == 2


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    log = Log()
    async with WebhookReceiver() as receiver:
        running = notifier(tmp_path, log, webhook(receiver))
        running.start()
        await until(lambda: running._lock is not None)
        log.alarm("monitor/tripped")
        await until(lambda: len(receiver.posted) == 1)
        await running.close()
        missed = log.alarm("monitor/no-key")
        running = notifier(tmp_path, log, webhook(receiver))
        running.start()
        await until(lambda: len(receiver.posted) == 2)
        await running.close()
        assert json.loads(receiver.posted[1].body)["index"] == missed


async def test_what_is_a_week_old_is_let_go(tmp_path: Path) -> None:
    log = Log()
    async with WebhookReceiver() as receiver:
        running = notifier(tmp_path, log, webhook(receiver))
        await running._round()
        log.alarm("monitor/tripped")
        clock = running._parts.clock
        assert isinstance(clock, VirtualClock)
        clock.advance(8 * 86_400)
        await running._round()
        await running.close()
        assert receiver.posted == []
    assert await position(tmp_path) == log.state.size


async def test_an_alarm_that_the_log_cannot_take_is_told_at_once(tmp_path: Path) -> None:
    log = Log()
    async with WebhookReceiver(500) as receiver:
        running = notifier(tmp_path, log, webhook(receiver))
        running.start()
        log.ring("monitor/tripped")  # the log takes this one: it comes by the log
        log.fault = RolledBack("log: an older one")
        log.ring("log/rolled-back")
        await until(lambda: len(receiver.posted) == 2)
        await running.close()
    told = [json.loads(item.body) for item in receiver.posted]
    assert [(item["code"], item["index"]) for item in told] == [("log/rolled-back", None)] * 2


async def test_only_one_process_tells(tmp_path: Path) -> None:
    log = Log()
    async with WebhookReceiver() as receiver:
        cursors = Cursors(open_database(tmp_path / "notices.db"))
        running = Notifier(NotifierParts(log, cursors, [webhook(receiver)], lambda: None, Clock(), poll_s=0.02))
        running.start()
        log.alarm("monitor/tripped")
        await running.close()
        assert receiver.posted == []


# By mail


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own, and a client's that trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))


async def test_several_notices_make_one_mail_over_tls(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with MailReceiver(tls[0], is_tls=True).listening() as receiver:
        server = MailServer("127.0.0.1", receiver.port, is_tls=True, user="ann", password="p@ss")
        mail = Mail(server, "verax@example.org", ("ann@example.org", "bob@example.org"), tls[1])
        await mail.deliver([NOTICE, NOTICE])
    (message,) = receiver.messages
    assert "Subject: Verax: monitor/tripped" in message
    assert "To: ann@example.org, bob@example.org" in message
    assert "Auto-Submitted: auto-generated" in message
    assert message.count("It tripped.") == 2


async def test_a_certificate_that_nobody_vouches_for_is_refused(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with MailReceiver(tls[0], is_tls=True).listening() as receiver:
        server = MailServer("127.0.0.1", receiver.port, is_tls=True, user="ann", password="p@ss")
        with pytest.raises(NotDelivered):
            await Mail(server, "a@example.org", ("b@example.org",)).deliver([NOTICE])
    assert receiver.messages == []
    assert not any("AUTH" in line for line in receiver.said)


async def test_nothing_is_said_to_a_server_elsewhere_before_tls(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The servers stand on this machine; the rule for others is put in force."""
    monkeypatch.setattr("verax.surfaces.notices.mail.is_loopback", lambda host: False)
    async with MailReceiver(tls[0]).listening() as able, MailReceiver().listening() as unable:
        for receiver in (able, unable):
            server = MailServer("127.0.0.1", receiver.port, is_tls=False, user="ann", password="p@ss")
            mail = Mail(server, "a@example.org", ("b@example.org",), tls[1])
            if receiver is able:
                await mail.deliver([NOTICE])
            else:
                with pytest.raises(NotDelivered):
                    await mail.deliver([NOTICE])
    assert able.said.index("STARTTLS") < next(n for n, line in enumerate(able.said) if line.startswith("AUTH"))
    assert len(able.messages) == 1
    assert unable.messages == []
    assert not any(line.startswith(("AUTH", "MAIL")) for line in unable.said)


async def test_a_server_on_this_machine_may_be_spoken_to_in_the_clear() -> None:
    async with MailReceiver().listening() as receiver:
        await Mail(MailServer("127.0.0.1", receiver.port, is_tls=False), "a@b.org", ("c@d.org",)).deliver([NOTICE])
    assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example.org", MailServer("mail.example.org", 465, True)),
        ("smtp://mail.example.org", MailServer("mail.example.org", 587, False)),
        ("smtps://ann:p%40ss@mail.example.org:2465", MailServer("mail.example.org", 2465, True, "ann", "p@ss")),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, server: MailServer) -> None:
    assert MailServer.from_url(url) == server
    assert "p@ss" not in repr(MailServer.from_url(url))
