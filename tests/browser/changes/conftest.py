"""A house whose people decide with passkeys: one approval by another person and no gates, so that changes are quick."""

from __future__ import annotations

import base64
import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import BrowserContext, Locator, Page, expect

from verax.kernel.drafting import Draft, draft_change, draft_root
from verax.kernel.dsse import Envelope, Signature, signature_by
from verax.kernel.enrolment import EnrolledPasskey
from verax.kernel.release import Release
from verax.kernel.runtime import PortableRuntime
from verax.kernel.statement import Basis
from verax.surfaces.conversations.runs import Ask
from verax.surfaces.founding import Founding
from verax.surfaces.http.draft_requests import DraftRequest, draft_of
from verax.surfaces.installation import Installation
from verax.testing.installations import open_installation
from verax.testing.passkeys import VirtualPasskey
from verax.testing.releases import manifest_toml
from verax.testing.running_server import RunningServer, run_server
from verax.turn.request import Caller

PASSWORD = "correct horse"
_GUARD = """
[guard]
input = [{ detector = "hidden_text", action = "refuse" }]
output = [{ detector = "secrets", action = "refuse" }]
"""
_GOVERNING = ("author", "reviewer", "operator")


class Hall:
    """A served installation, and the people that its root document names.

    Attributes:
        passkeys: By person; the private halves are here, so that a test may sign without a browser.
        users: Ids of their accounts.
    """

    def __init__(self, server: RunningServer[Installation], founding: Founding) -> None:
        assert founding.genesis is not None
        self.server = server
        self.passkeys: dict[str, VirtualPasskey] = {}
        self.users: dict[str, str] = {}
        self._founder = (founding.genesis.daily_key_id, founding.genesis.daily_seed)

    @staticmethod
    def release(system: str, name: str, prompt: str = "") -> Release:
        """Return a release with this system prompt; `prompt` is more of that section."""
        return Release.from_toml(manifest_toml(system, name=name, prompt=prompt, guard=_GUARD))

    @property
    def governance(self) -> Any:
        """The governance log of the installation."""
        return self.server.installation.governance

    def head(self, channel: str = "assistant") -> str:
        """Return the release that a channel serves."""
        head: str = self.governance.state.channels[channel].head
        return head

    def move_in(self, person: str, number: int, roles: tuple[str, ...] = _GOVERNING) -> None:
        """Give a person an account and an enrolled passkey, which the root does not name yet."""
        server, desk = self.server, self.server.installation.signing
        user = server.call(server.installation.accounts.create_user(person, password=PASSWORD, roles=roles))
        passkey = VirtualPasskey(person, number, origin=server.url)
        material = base64.b64decode(passkey.record()["material"])
        found = EnrolledPasskey(passkey.credential_id, material, False)
        server.call(desk.enrol(user.user_id, f"{person}'s phone", found, passkey.rp_id, server.url))
        self.passkeys[person] = passkey
        self.users[person] = user.user_id

    def change_root(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Put another root document in force, signed with the founder's key."""
        document = self.governance.state.root.manifest
        document["version"] += 1
        edit(document)
        draft = draft_root(self._basis(), document)
        self._submit(draft, signature_by(*self._founder, draft.payload))

    def sign(self, person: str, **wish: Any) -> str:
        """Have a statement written, sign it with a person's passkey, and return its id once it stands in the log."""
        asked = DraftRequest.model_validate(wish).root
        state = self.governance.state.as_folded()
        draft = draft_of(asked, state, int(time.time() * 1000), self.server.installation.blobs)
        self._submit(draft, self.passkeys[person].sign(draft.payload))
        return draft.id

    def propose(self, person: str, candidate: Release, channel: str = "assistant") -> str:
        """Propose a release, and return the change's id."""
        manifest = candidate.manifest
        return self.sign(person, kind="change", channel=channel, manifest=manifest, reason="People asked for it.")

    def propose_code(self, person: str, runtime: PortableRuntime) -> str:
        """Propose code, and return the change's id."""
        draft = draft_change(self.governance.state, self._basis(), "runtime", runtime.data, "New code.")
        self._submit(draft, self.passkeys[person].sign(draft.payload))
        return draft.id

    def bring(self, candidate: Release) -> str:
        """Propose, approve and admit a release for everybody, and return the change's id."""
        change = self.propose("ann", candidate)
        self.sign("bob", kind="review", change=change, verdict="approve")
        self.sign("bob", kind="admit", change=change)
        return change

    def ask(self, person: str, text: str, channel: str = "assistant") -> str:
        """Have a person ask something in the chat, and return the turn's id once it is answered."""
        installation, user_id = self.server.installation, self.users[person]

        async def say() -> str:
            conversation = await installation.messages.create(user_id, channel=channel)
            leaf_id = (await installation.messages.conversation(conversation, user_id)).leaf_id
            caller = Caller(user_id, frozenset({"member"}))
            begun = await installation.runs.start(caller, conversation, Ask(leaf_id, text))
            await begun.run.ended.wait()
            turn_id: str = begun.run.turn_id
            return turn_id

        return self.server.call(say())

    def _basis(self) -> Basis:
        state = self.governance.state
        tree = state.tree_root.hex()
        return Basis(
            state.root.origin, state.root.version, state.size, tree, secrets.token_hex(16), int(time.time() * 1000)
        )

    def _submit(self, draft: Draft, signature: Signature) -> None:
        envelope = Envelope(draft.payload, (signature,)).to_bytes()
        self.server.call(self.governance.submit(envelope, dict(draft.blobs)))


@dataclass(frozen=True)
class Person:
    """Somebody at a browser of their own."""

    name: str
    page: Page

    def open(self, path: str) -> Page:
        """Open an address and wait until this browser has folded the log."""
        self.page.goto(path)
        expect(self.page.locator("[data-verified=true]")).to_be_visible()
        return self.page

    def sign(self, where: Locator) -> str:
        """Sign what stands in `where`, and return the code that it shows."""
        code = where.locator("code", has_text=re.compile(r"^([0-9a-z]{4}-){3}[0-9a-z]{4}$")).last.inner_text()
        where.get_by_role("button", name="Sign with a passkey").click()
        return code

    def do(self, action: str) -> str:
        """Press a button, sign what it brings, wait until it stands in the log, and return its code."""
        self.page.get_by_role("button", name=action, exact=True).click()
        dialog = self.page.get_by_role("dialog", name=action)
        code = self.sign(dialog)
        expect(dialog).to_have_count(0)
        return code

    def standing(self, kind: str) -> None:
        """Wait until the change that is open stands so, by this browser's own fold."""
        expect(self.page.locator(f"[data-standing={kind}]").first).to_be_visible()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A house in which ann and bob decide together, and carol looks on."""
    folder = tmp_path_factory.mktemp("hall")
    founded: list[Founding] = []

    def named(document: dict[str, Any]) -> None:
        for person, passkey in made.passkeys.items():
            document["keys"][passkey.key_id] = passkey.record()
            for role in _GOVERNING if person != "carol" else ():
                document["roles"][role]["keys"] = sorted([*document["roles"][role]["keys"], passkey.key_id])
        for channel in document["channels"]:
            channel["approvals"] = 1

    releases = {"assistant": Hall.release("You answer.", "first"), "other": Hall.release("You help.", "other")}
    with run_server(
        lambda: open_installation(folder, releases=releases, on_founded=founded.append, rate_per_minute=None)
    ) as server:
        server.call(server.installation.office.facts.put("set_up_ms", "1"))
        made = Hall(server, founded[0])
        for number, person in enumerate(("ann", "bob", "carol"), start=5):
            made.move_in(person, number)
        made.change_root(named)
        yield made


@pytest.fixture
def sit_down(
    hall: Hall,
    open_context: Callable[..., contextlib.AbstractContextManager[BrowserContext]],
    signing_in: Callable[..., object],
    plug_in: Callable[[Page], Any],
) -> Iterator[Callable[..., Person]]:
    """Return what lets a person sit down at a browser that holds their passkey, signed in."""
    with contextlib.ExitStack() as stack:

        def at_browser(name: str, **options: object) -> Person:
            context = stack.enter_context(open_context(hall.server.url, **options))
            signing_in(context, hall.server.url, name)
            page = context.new_page()
            passkey = hall.passkeys[name]
            plug_in(page).put(passkey.credential_id, _private_key(passkey), passkey.rp_id)
            return Person(name, page)

        yield at_browser


def _private_key(passkey: VirtualPasskey) -> bytes:
    key = ec.derive_private_key(passkey.number, ec.SECP256R1())
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
