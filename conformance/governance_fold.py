"""The rules of the governance check: root documents, statements, and the fold (clauses 3 to 5).

Written from the protocol for check_governance.py; it shares no code with the server's fold, and the tests
hold the two against each other. Bans on texts are left out: they need the releases themselves.
"""

import hashlib
import re

from check_receipt import (
    COUNT,
    DIGEST,
    HALF,
    Failure,
    canonical,
    decode_key,
    is_signed,
    need,
    parse_canonical,
    parse_key,
    unbase64,
)
from governance_passkeys import is_asserted, matches, point256

FULL = 10_000
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
EMPTY_ROOT = hashlib.sha256(b"").hexdigest()
ROLES = ("root", "author", "reviewer", "operator", "monitor", "gate", "recorder")

# Clause 3: the fields of each kind's predicate as patterns over their canonical text.
CHANNEL = '"[a-z][a-z0-9-]{0,31}(/[a-z0-9][a-z0-9-]{0,31})?"'
MAYBE = "(" + DIGEST + '|"none")'
BASIS = {"log": '"[!-~]{1,200}"', "root": COUNT, "nonce": HALF, "time_ms": COUNT}
BASIS |= {"seen": r'\{"root":' + DIGEST + ',"size":' + COUNT + r"\}"}
KINDS = {
    "root": {"document": r"\{.*\}"},
    "change": {"channel": CHANNEL, "base": MAYBE, "base_index": COUNT, "reason": DIGEST},
    "review": {"verdict": '"(approve|reject)"', "candidate": DIGEST, "base": MAYBE}
    | {"unban": r"\[(" + DIGEST + "(," + DIGEST + r"){0,255})?\]"},
    "gate": {"suite": '"[a-z0-9][a-z0-9_]{0,63}"', "seed": DIGEST, "runtime": DIGEST, "n": "[1-9][0-9]*"}
    | {"passed": "(true|false)", "report": DIGEST},
    "move": {"channel": CHANNEL, "act": '"(admit|step|rollback|freeze|unfreeze)"', "change": MAYBE}
    | {"from": MAYBE, "to": MAYBE, "share_bp": COUNT, "cause": MAYBE},
    "alarm": {"code": '"[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,63}"', "channel": CHANNEL}
    | {"count": "[1-9][0-9]*", "first_ms": COUNT, "last_ms": COUNT},
}


def digest(data):
    return hashlib.sha256(data).hexdigest()


# Clause 4: the root document, each object again as patterns.
FLAG, SUITE, TEXT = "(true|false)", '"[a-z0-9][a-z0-9_]{0,63}"', r'"([^"\\]|\\.)*"'
KEY_IDS = r'\[("[A-Za-z0-9_]{1,64}",?)*\]'
GATES = r'\[(\{"floors":\{("[A-Za-z0-9_]+":"-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?",?)*\},"suite":' + SUITE + r"\},?)*\]"
ROOT = {"version": "[1-9][0-9]*", "name": TEXT, "rules": "1", "logs": r"\[.+\]", "keys": r"\{.+\}", "roles": r"\{.+\}"}
ROOT |= {"channels": r"\[.*\]", "witness_policy": TEXT, "solo": FLAG, "retention": r'\{("replies_days":[1-9][0-9]*)?\}'}
CHANNEL_RULES = {"name": CHANNEL, "approvals": COUNT, "gates": GATES, "witness": FLAG, "max_head_age_s": "[1-9][0-9]*"}
CHANNEL_RULES |= {"rollback_depth": COUNT, "public": FLAG}
KEY = {"person": '"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}"', "kind": '"ed25519"', "material": TEXT}
PASSKEY = KEY | {"kind": '"passkey"', "rp_id": '"[a-z0-9][a-z0-9.-]{0,252}"', "origins": r'\[("https?://[!#-~]+",?)+\]'}


def persons(root, role, signers=None):
    """Return the persons who hold a role, or those of `signers` (key ids) who do."""
    keys = root["roles"][role]["keys"]
    return {root["keys"][key]["person"] for key in keys if signers is None or key in signers}


def check_root(root):
    """Refuse a root document of another form, or one that breaks a rule of clause 4."""
    optional = {"predecessor": DIGEST} if "predecessor" in root and root["version"] == 1 else {}
    need(matches(root, ROOT | optional), "The root document is malformed, or has rules that are not known here.")
    name = r"([a-z0-9][a-z0-9.-]{0,62}[./-])?[a-z2-7]{26}"
    need(re.fullmatch(name, root["name"]), "The installation's name is malformed.")
    logs = [parse_key(line)[0] for line in root["logs"]]
    log_name = re.escape(root["name"]) + "/(governance|promise|replies/(0|[1-9][0-9]{0,8}))"
    need(
        all(re.fullmatch(log_name, log) for log in logs) and logs[0].endswith("/governance"), "The logs are malformed."
    )
    for key_id, key in root["keys"].items():
        need(re.fullmatch("[A-Za-z0-9_]{1,64}", key_id), "A key is malformed.")
        bound = {"device_bound": FLAG} if "device_bound" in key else {}
        need(matches(key, KEY) or matches(key, PASSKEY | bound), "A key is malformed.")
        material = unbase64(key["material"])
        need(len(material) == (32 if key["kind"] == "ed25519" else 65), "A key is malformed.")
        decode_key(material) if key["kind"] == "ed25519" else point256(material)
    need(len({key["material"] for key in root["keys"].values()}) == len(root["keys"]), "A key stands there twice.")
    need(root["roles"].keys() == {*ROLES}, "The roles are malformed.")
    for name, role in root["roles"].items():
        fits = matches(role, {"keys": KEY_IDS, "threshold": "[1-9][0-9]*"}) and {*role["keys"]} <= {*root["keys"]}
        need(fits and len({*role["keys"]}) == len(role["keys"]), "A role is malformed.")
        need(role["threshold"] <= max(1, len(persons(root, name))), "A threshold is out of reach.")
    need(root["roles"]["root"]["keys"], "Nobody holds the root role.")
    _check_channels(root, len(persons(root, "reviewer")))


def _check_channels(root, reviewers):
    need(all(matches(channel, CHANNEL_RULES) for channel in root["channels"]), "A channel is malformed.")
    names = [channel["name"] for channel in root["channels"]]
    need(names == sorted({*names}) and "runtime" in names and "none" not in names, "The channels are malformed.")
    need(root["solo"] or reviewers >= 2, "Without solo two persons must be reviewers.")
    for channel in root["channels"]:
        suites = [gate["suite"] for gate in channel["gates"]]
        need(len({*suites}) == len(suites) and channel["approvals"] <= reviewers, "A channel is malformed.")
        need(root["solo"] or (channel["approvals"] and suites), "Only a solo root may ask for no approvals or gates.")
        need(root["witness_policy"] or not channel["witness"], "A channel waits for witnesses that nobody named.")


def signers_of(payload, signatures, root):
    """Return the ids of the root's keys that signed a payload, by whatever id the signature gives."""
    message = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    found = set()
    for signature in signatures:
        fields = {"keyid": '"[A-Za-z0-9_]{1,64}"', "sig": '"[^"]{0,512}"'}
        extended = {"extension": r"\{.*\}"} if "extension" in signature else {}
        need(matches(signature, fields | extended), "A signature is malformed.")
        extension, data = signature.get("extension"), unbase64(signature["sig"]) if signature["sig"] else b""
        kind = "ed25519" if extension is None else "passkey"
        for name, key in sorted(root["keys"].items(), key=lambda item: item[0] != signature["keyid"]):
            try:
                if key["kind"] == kind and (
                    is_signed(unbase64(key["material"]), message, data)
                    if kind == "ed25519"
                    else is_asserted(key, hashlib.sha256(message).digest(), data, extension)
                ):
                    found.add(name)
                    break
            except ValueError:
                continue  # malformed for this key; it counts for nobody
    return found


# Clause 5: the fold over the entries at hand.


def new_channel():
    return {"head": None, "canary": None, "frozen": False, "history": [], "back": 0, "epoch": 0}


class Fold:
    """Channels after the entries judged so far.

    `roots` holds the tree root at every size, in hex, when the bundle is complete; else it is None, and what
    needs it (the trees that signers saw, the seeds of gates) is left unchecked.
    """

    def __init__(self, origin, roots):
        self.origin, self.roots = origin, roots
        self.root, self.fingerprint = None, ""
        self.channels, self.changes, self.banned, self.ids = {}, {}, {}, set()

    def apply(self, index, entry):
        """Judge one entry; return why it has no effect, or nothing."""
        try:
            self._judge(index, parse_canonical(entry))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            return str(error) if isinstance(error, Failure) else "The entry is malformed."
        return ""

    def _judge(self, index, envelope):
        need(envelope.keys() == {"payload", "payloadType", "signatures"}, "Not an envelope.")
        payload, signatures = unbase64(envelope["payload"]), envelope["signatures"]
        ids = [signature["keyid"] for signature in signatures]
        need(envelope["payloadType"] == PAYLOAD_TYPE and 0 < len(ids) <= 16, "Not an envelope.")
        need(ids == sorted({*ids}), "The signatures are not in order.")
        statement, name = parse_canonical(payload), digest(payload)
        need(statement.keys() == {"_type", "predicateType", "subject", "predicate"}, "Not a statement.")
        need(statement["_type"] == STATEMENT_TYPE and name not in self.ids, "Not a statement, or made already.")
        kind = re.fullmatch("urn:verax:([a-z]+):v1", statement["predicateType"])[1]
        predicate = statement["predicate"]
        need(kind in KINDS and matches(predicate, BASIS | KINDS[kind]), "The statement's fields are malformed.")
        need(predicate["log"] == self.origin, "The statement is for another log.")
        subject = self._subject(kind, predicate, statement["subject"])
        seen = predicate["seen"]
        if index == 0:
            need(
                kind == "root" and (predicate["root"], seen["size"], seen["root"]) == (0, 0, EMPTY_ROOT),
                "No first root.",
            )
            self._root(predicate["document"], payload, signatures, None)
            self.fingerprint = subject
            self.ids.add(name)
            return
        need(self.root, "The log does not begin with a valid root.")
        signers = signers_of(payload, signatures, self.root)
        need(signers, "No key of the root in force signed it.")
        self.ids.add(name)
        need(predicate["root"] == self.root["version"], "The statement relies on another root.")
        need(seen["size"] <= index, "The signer saw entries that were not there.")
        need(self.roots is None or self.roots[seen["size"]] == seen["root"], "The signer saw another tree.")
        if kind == "root":
            self._root(predicate["document"], payload, signatures, signers)
        elif kind == "change":
            self._change(index, name, subject, predicate, signers)
        elif kind == "review":
            self._review(subject, predicate, signers)
        elif kind == "gate":
            self._gate(subject, predicate, signers)
        elif kind == "alarm":
            need(predicate["first_ms"] <= predicate["last_ms"], "An alarm ends before it began.")
            self._threshold("recorder", signers)
        else:
            self._move(index, predicate, signers)

    def _subject(self, kind, predicate, subjects):
        thing = "runtime" if predicate.get("channel") == "runtime" else "release"
        name = {"root": "root", "change": thing, "move": thing, "alarm": "detail"}.get(kind, "change")
        need(
            len(subjects) == 1
            and matches(subjects[0], {"name": f'"{name}"', "digest": r'\{"sha256":' + DIGEST + r"\}"}),
            "The subject is malformed.",
        )
        subject = subjects[0]["digest"]["sha256"]
        if kind == "root":
            need(subject == digest(canonical(predicate["document"]).encode()), "The subject is not the document.")
        if kind == "move":
            about = predicate["from" if predicate["act"] in ("rollback", "freeze") else "to"]
            need(subject == about, "The subject is not what moves.")
        return subject

    def _threshold(self, role, signers, root=None):
        root = root or self.root
        found = persons(root, role, signers)
        need(len(found) >= root["roles"][role]["threshold"], f"Too few persons signed in the role {role}.")
        return found

    def _root(self, document, payload, signatures, signers):
        version = self.root["version"] + 1 if self.root else 1
        if self.root:
            self._threshold("root", signers)
            need(document["name"] == self.root["name"], "A root cannot rename the installation.")
        check_root(document)
        need(document["version"] == version and f"{document['name']}/governance" == self.origin, "Not the next root.")
        self._threshold("root", signers_of(payload, signatures, document), document)
        self.root = document

    def _channel(self, name):
        need(any(channel["name"] == name for channel in self.root["channels"]), "The root names no such channel.")
        return self.channels.setdefault(name, new_channel())

    def _rules(self, name):
        return next(channel for channel in self.root["channels"] if channel["name"] == name)

    def _open(self, name):
        change = self.changes.get(name)
        need(change and not change["admitted"], "No such change, or it was admitted already.")
        need(change["epoch"] == self._channel(change["channel"])["epoch"], "The change is stale.")
        return change

    def _change(self, index, name, candidate, predicate, signers):
        self._threshold("author", signers)
        channel = self._channel(predicate["channel"])
        head = channel["head"] or {"release": "none", "index": 0}
        need((predicate["base"], predicate["base_index"]) == (head["release"], head["index"]), "The change is stale.")
        seed = self.roots and digest(b"verax/gate/v1\n" + name.encode() + bytes.fromhex(self.roots[index + 1]))
        self.changes[name] = {
            "channel": predicate["channel"], "candidate": candidate, "base": predicate["base"], "seed": seed,
            "authors": {self.root["keys"][key]["person"] for key in signers}, "epoch": channel["epoch"],
            "approves": {}, "gates": {}, "admitted": False,
        }  # fmt: skip

    def _review(self, subject, predicate, signers):
        reviewers, change = self._threshold("reviewer", signers), self._open(subject)
        same = (predicate["candidate"], predicate["base"]) == (change["candidate"], change["base"])
        need(same, "The review names another candidate or base.")
        need(predicate["unban"] == sorted({*predicate["unban"]}), "The list of bans is not in order.")
        need(self.root["solo"] or not reviewers & change["authors"], "An author cannot review the own change.")
        unban = {*predicate["unban"]} if predicate["verdict"] == "approve" else None
        change["approves"] |= dict.fromkeys(reviewers, unban)

    def _gate(self, subject, predicate, signers):
        self._threshold("gate", signers)
        change = self._open(subject)
        suites = {gate["suite"] for gate in self._rules(change["channel"])["gates"]}
        need(predicate["suite"] in suites - {*change["gates"]}, "The suite is not required, or was run before.")
        need(change["seed"] is None or predicate["seed"] == change["seed"], "The gate ran with another seed.")
        change["gates"][predicate["suite"]] = predicate["passed"]

    def _move(self, index, move, signers):
        act, channel = move["act"], self._channel(move["channel"])
        need((move["change"] == "none") == (act in ("rollback", "freeze")), "The move names a change, or lacks one.")
        need(
            (move["share_bp"] == 0) == (act not in ("admit", "step")) and move["share_bp"] <= FULL, "The share is off."
        )
        need(act not in ("freeze", "unfreeze") or move["from"] == move["to"], "A freeze moves nothing.")
        if act in ("rollback", "freeze"):
            allowed = persons(self.root, "operator", signers) | persons(self.root, "monitor", signers)
            need(allowed, "Neither an operator nor the monitor signed.")
        else:
            self._threshold("operator", signers)
        getattr(self, f"_{act}")(index, move, channel)

    def _admissible(self, move):
        """Return the mode of an admission that has what the root demands; bans are left out."""
        change, rules = self._open(move["change"]), self._rules(move["channel"])
        same = (change["channel"], change["candidate"]) == (move["channel"], move["to"])
        need(same, "The move names another channel or candidate than the change.")
        reviewers, approves = persons(self.root, "reviewer"), change["approves"]
        approving = {person for person, unban in approves.items() if unban is not None} & reviewers
        counted = approving - change["authors"]
        need(len(counted) >= rules["approvals"], "Too few reviewers approved.")
        need(all(change["gates"].get(gate["suite"]) for gate in rules["gates"]), "A required suite did not pass.")
        if move["to"] in self.banned:
            naming = {person for person in approving if move["to"] in approves[person]}
            enough = len(naming & counted) >= rules["approvals"]
            need(enough and (naming & counted or (self.root["solo"] and naming)), "The release was rolled back before.")
        unbanned = {move["to"]} & {*self.banned}
        terms = {"mode": "solo" if self.root["solo"] else "quorum", "change": move["change"], "unbanned": unbanned}
        return change, {**terms, "approved": counted}

    def is_banned(self, admission):
        banned = self.banned.get(admission["release"])
        return banned is not None and not (admission["unbanned"] and banned < admission["admitted"])

    def _admit(self, index, move, channel):
        need(not channel["frozen"], "The channel is frozen.")
        change, terms = self._admissible(move)
        need(move["from"] == change["base"], "The move does not start from the base of the change.")
        admitted = {"release": move["to"], "index": index, "admitted": index, **terms}
        if move["share_bp"] < FULL:
            head = channel["head"]
            need(head and head["release"] != move["to"], "A canary needs another release to stand beside.")
            channel["canary"] = {**admitted, "share": move["share_bp"]}
        else:
            self._set_head(channel, admitted)
        change["admitted"], channel["back"] = True, 0

    def _step(self, index, move, channel):
        canary, head = channel["canary"], channel["head"]
        need(canary and not channel["frozen"], "There is no canary, or the channel is frozen.")
        named = (move["change"], move["from"], move["to"])
        need(named == (canary["change"], head["release"], canary["release"]), "The step is not one of the canary.")
        need(move["share_bp"] > canary["share"], "A step only raises the share.")
        need(not self.is_banned(canary), "The canary was rolled back elsewhere.")
        if move["share_bp"] < FULL:
            canary["share"] = move["share_bp"]
        else:
            self._set_head(channel, {**canary, "index": index, "mode": self._worse(canary["mode"])})

    def _rollback(self, index, move, channel):
        head, canary, history = channel["head"], channel["canary"], channel["history"]
        need(head, "There is no head to roll back from.")
        if canary and (move["from"], move["to"]) == (canary["release"], head["release"]):
            channel["canary"] = None
        else:
            depth = self._rules(move["channel"])["rollback_depth"]
            need(move["from"] == head["release"] != move["to"], "The rollback does not start from the head.")
            need(channel["back"] < depth, "The channel went back too often.")
            places = [at for at, old in enumerate(history) if old["release"] == move["to"]][-1:]
            need(places and places[0] >= len(history) - depth, "The target is not among the last heads.")
            need(not self.is_banned(history[places[0]]), "The target was rolled back itself.")
            self.banned |= {past["release"]: index for past in history[places[0] + 1 :]}
            channel["head"], channel["canary"] = {**history[places[0]], "index": index}, None
            channel["history"], channel["back"] = history[: places[0]], channel["back"] + 1
        self.banned[move["from"]] = index
        channel["epoch"] += 1

    def _freeze(self, _, move, channel):
        head = channel["head"]
        need(head and move["from"] == head["release"] and not channel["frozen"], "There is nothing to freeze.")
        channel["frozen"] = True

    def _unfreeze(self, index, move, channel):
        head = channel["head"]
        need(head and channel["frozen"], "The channel is not frozen.")
        change, terms = self._admissible(move)
        need(change["candidate"] == head["release"], "Unfreezing needs a change whose candidate is the head.")
        thawed = {
            "mode": self._worse(head["mode"]),
            "admitted": index,
            "unbanned": head["unbanned"] | terms["unbanned"],
        }
        channel["frozen"], channel["head"], change["admitted"] = False, {**head, **thawed}, True

    def _worse(self, mode):
        return "solo" if self.root["solo"] else mode

    def _set_head(self, channel, head):
        old = channel["head"]
        if old and old["release"] != head["release"]:
            channel["history"] = [*channel["history"], old]
        channel["head"], channel["canary"], channel["epoch"] = head, None, channel["epoch"] + 1
