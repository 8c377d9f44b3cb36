#!/usr/bin/env python3
"""Check a Verax receipt offline, with Python 3.11 or newer, this file, and no network.

    python3 check_receipt.py RECEIPT.json --key KEYFILE [--reply TEXTFILE] [--policy POLICYFILE]
                             [--governance BUNDLE.json]

Each step of clause 12 of the protocol is verified, not checked, or failed. Exit status: 0 when steps 1 to 4
hold and nothing failed, 3 otherwise, 2 for bad usage. README.md says more. No code is shared with the server.
"""

import argparse
import base64
import hashlib
import hmac
import importlib
import json
import re
import sys
import time
from pathlib import Path

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960
MAX_INTEGER, MAX_SIZE = 2**53 - 1, 2**63 - 1
NAME = r"([^\s+\x00-\x1f]+)"
STEPS = ("record", "proof", "signature", "inclusion", "reply", "witnesses", "governance")

# Clause 9: each field of a record as a pattern over its canonical text.
DIGEST, HALF, COUNT = '"[0-9a-f]{64}"', '"[0-9a-f]{32}"', "(0|[1-9][0-9]*)"
PARAM = r'"[a-z][a-z0-9_]{0,63}":("[ !#-\[\]-~]{0,64}"|-?[0-9]+|true|false)'
FIELDS = dict.fromkeys(("release", "runtime", "prompt", "sent", "request", "reply"), DIGEST)
FIELDS |= {"channel": '"[a-z][a-z0-9-]{0,31}(/[a-z0-9][a-z0-9-]{0,31})?"', "arm": '"(head|canary|preview)"'}
FIELDS |= {"log": r'"[!#-*,-\[\]-~]+/replies/(0|[1-9][0-9]{0,8})"', "mode": '"(solo|quorum)"'}
FIELDS |= {"v": "1", "id": HALF, "salt": HALF, "seed": COUNT, "time_ms": COUNT, "reply_form": '"(text|items)"'}
FIELDS |= {"status": '"(complete|length|refused|rewritten|cancelled|withdrawn|failed)"'}
FIELDS |= {"backend": r'\{"kind":"[a-z][a-z0-9_-]{0,31}","weights":("unknown"|' + DIGEST + r")\}"}
FIELDS |= {"governance": r'\{"root":' + DIGEST + ',"size":' + COUNT + r"\}"}
OPTIONAL = {"evidence": DIGEST, "attestation": DIGEST, "params": r"\{" + PARAM + "(," + PARAM + r"){0,31}\}"}
OPEN = r'\{("evidence":' + HALF + r',?)?("reply":' + HALF + r',?)?("request":' + HALF + r")?\}"


class Failure(ValueError):
    """A step does not hold; the text is a sentence for people."""


def need(condition, sentence):
    if not condition:
        raise Failure(sentence)


def canonical(value, depth=1):
    """Write a value as clause 1 of the protocol says."""
    need(depth <= 32 or not isinstance(value, (dict, list)), "Values are nested deeper than 32.")
    if isinstance(value, dict):
        need(all(re.fullmatch("[A-Za-z0-9_]+", key) for key in value), "A field has a name that is not allowed.")
        return "{" + ",".join(f'"{key}":{canonical(value[key], depth + 1)}' for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item, depth + 1) for item in value) + "]"
    need(isinstance(value, (str, int)), "Null is not allowed.")
    need(isinstance(value, str) or abs(value) <= MAX_INTEGER, "A number is too large.")
    return json.dumps(value, ensure_ascii=False)


def parse_canonical(data):
    try:  # a fraction becomes text here, and an over-long number a cut one, so writing them again differs
        value = json.loads(data.decode(), parse_float=str, parse_constant=str, parse_int=lambda text: int(text[:18]))
    except (ValueError, RecursionError):
        raise Failure("The file is not JSON text.") from None
    again = canonical(value).encode(errors="surrogatepass")
    need(again == data, "The file is not written in the one allowed (canonical) way; it was altered or saved anew.")
    return value


def unbase64(text):
    data = base64.b64decode(text) if len(text) % 4 == 0 and re.fullmatch("[A-Za-z0-9+/]+={0,2}", text) else b""
    need(data and base64.b64encode(data).decode() == text, "A key, hash or signature is not strict base64 text.")
    return data


def decimal(text, maximum=MAX_SIZE):
    need(re.fullmatch("0|[1-9][0-9]{0,18}", text) and int(text) <= maximum, "A size, index or count is malformed.")
    return int(text)


def add(p, q):
    """Add two points of Ed25519, equal ones too, in coordinates x, y, z, t (RFC 8032 section 5.1.4)."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def decode_key(data):
    """Return x and y of a public key; other than canonical encodings and small orders are refused."""
    y, sign = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if v * x * x % P == u else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and v * x * x % P == u and (x or not sign), "A public key is not a canonical point of the curve.")
    x = P - x if x % 2 != sign else x
    point = (x, y, 1, x * y % P)
    for _ in range(3):
        point = add(point, point)
    need(point[0], "A public key has small order: it would accept anything.")
    return x, y


def is_signed(public, message, signature):
    """Say whether a signature holds, by RFC 8032 without cofactor."""
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    s, (x, y) = int.from_bytes(signature[32:], "little"), decode_key(public)
    base, minus = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P), (P - x, y, 1, -x * y % P)
    table, point = (None, base, minus, add(base, minus)), (0, 1, 1, 0)
    for bit in range(252, -1, -1):
        point = add(point, point)
        choice = table[(s >> bit & 1) + 2 * (h >> bit & 1)]
        point = add(point, choice) if choice else point
    inverse = pow(point[2], -1, P)
    found = point[1] * inverse % P | (point[0] * inverse % P % 2) << 255
    # R is compared as bytes, so only its canonical encoding passes
    return len(signature) == 64 and s < L and found.to_bytes(32, "little") == signature[:32]


def parse_key(line, kind=1):
    """Return name, key id and public key of a verifier key."""
    match = re.fullmatch(NAME + r"\+([0-9a-f]{8})\+(\S+)", line)
    need(match, "The key file or policy holds a line that is not a key.")
    data = unbase64(match[3])
    need(len(data) == 33 and data[0] == kind, "A public key is of the wrong type.")
    need(hashlib.sha256(match[1].encode() + b"\n" + data).hexdigest()[:8] == match[2], "A key has a wrong key id.")
    decode_key(data[1:])
    return match[1], bytes.fromhex(match[2]), data[1:]


def open_checkpoint(note, origin, keys):
    """Return size, root, text and signatures of a checkpoint that `origin` signed by one of `keys`."""
    body, separator, tail = note.rpartition("\n\n")
    need(separator and tail.endswith("\n"), "The checkpoint has no signatures.")
    need(not re.search(r"[\x00-\x09\x0b-\x1f]", note), "The checkpoint holds control characters.")
    matches = [re.fullmatch("— " + NAME + r" (\S+)", line) for line in tail[:-1].split("\n")]
    need(all(matches) and len(matches) <= 100, "A signature line is malformed, or there are over 100 of them.")
    signatures = [(match[1], unbase64(match[2])) for match in matches]
    need(all(len(data) > 4 for _, data in signatures), "A signature is too short.")
    known = {(name, key_id): public for name, key_id, public in keys if name == origin}
    need(known, f"The key file holds no key of the log {origin}.")
    named = [(name, data[:4]) for name, data in signatures if (name, data[:4]) in known]
    need(named and len({*named}) == len(named), f"The checkpoint is not signed, once, by the key given of {origin}.")
    for name, data in signatures:
        public = known.get((name, data[:4]))
        need(public is None or is_signed(public, f"{body}\n".encode(), data[4:]), "The log's signature is wrong.")
    lines = body.split("\n")
    need(len(lines) >= 3 and all(lines) and lines[0] == origin, "The checkpoint is malformed, or another log's.")
    size, root = decimal(lines[1]), unbase64(lines[2])
    need(len(root) == 32 and (size or root == hashlib.sha256().digest()), "The root in the checkpoint is malformed.")
    return size, root, body + "\n", signatures


def parse_proof(text):
    """Return index, path and checkpoint of a tlog-proof."""
    head, separator, checkpoint = text.partition("\n\n")
    first, index, *lines = *head.split("\n"), ""
    need(separator and checkpoint and first == "c2sp.org/tlog-proof@v1", "The proof does not begin as one.")
    need(index.startswith("index "), "The proof has no index where it must stand; extra data is not allowed.")
    path = [unbase64(line) for line in lines[:-1]]
    need(len(path) <= 63 and all(len(item) == 32 for item in path), "A hash in the proof is malformed.")
    return decimal(index[6:], MAX_SIZE - 1), path, checkpoint


def root_of(leaf, index, size, path):
    """Return the root that a path leads to (RFC 9162 section 2.1.3.2)."""
    need(index < size, "The proof is for a leaf outside of the tree.")
    first, last, root = index, size - 1, leaf
    for sibling in path:
        need(last, "The proof is too long.")
        right = first & 1 or first == last
        root = hashlib.sha256(b"\x01" + (sibling + root if right else root + sibling)).digest()
        while right and first and not first & 1:
            first, last = first >> 1, last >> 1
        first, last = first >> 1, last >> 1
    need(last == 0, "The proof is too short.")
    return root


def parse_receipt(data):
    """Return a receipt, its record, and the record's leaf hash (clauses 9 and 11)."""
    need(len(data) <= 65_536, "The file is larger than 64 KB.")
    receipt = parse_canonical(data)
    need(isinstance(receipt, dict) and receipt.keys() == {"v", "record", "proof", "open"}, "The file is no receipt.")
    need(canonical(receipt["v"]) == "1" and re.fullmatch(OPEN, canonical(receipt["open"])), "The receipt is malformed.")
    need(isinstance(receipt["proof"], str), "The proof is not text.")
    record, known = receipt["record"], FIELDS | OPTIONAL
    need(isinstance(record, dict) and FIELDS.keys() <= record.keys() <= known.keys(), "A field is missing or unknown.")
    for name, value in record.items():
        need(re.fullmatch(known[name], canonical(value)), f"The record's field {name} is malformed.")
    entry = hashlib.sha256(b"verax/record/v1\n" + canonical(record).encode()).digest()
    return receipt, record, hashlib.sha256(b"\x00" + entry).digest()


def check_reply(receipt, reply):
    need("reply" in receipt["open"], "The receipt does not open the reply, so no text can be compared with it.")
    texts = reply, reply + b"\n", reply.removesuffix(b"\n"), reply.removesuffix(b"\r\n")
    salt, recorded = bytes.fromhex(receipt["open"]["reply"]), receipt["record"]["reply"]
    found = [hmac.digest(salt, b"verax/part/v1\nreply\n" + text, "sha256").hex() for text in texts]
    need(recorded in found, "The text is not the recorded reply; something in it was changed.")
    need(recorded == found[0], "Only the line end after the text differs from the recorded reply.")
    return "The text is the recorded reply, to the byte."


def check_policy(policy, note, origin, keys):
    """Count the cosignatures of a checkpoint (C2SP tlog-cosignature, tlog-policy)."""
    logs, witnesses, groups, members, quorum = [], {}, {}, [], None
    need(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", policy), "The policy holds control characters.")
    for items in [re.split("[ \t]+", line.strip(" \t")) for line in policy.decode(errors="replace").split("\n")]:
        kind, name, *rest = items if len(items) > 1 else (items[0], "")
        defined, is_new = {*witnesses, *groups}, name not in {*witnesses, *groups, "none"}
        if kind == "log" and len(rest) < 2:
            logs.append(parse_key(name))
        elif kind == "witness" and len(rest) in (1, 2) and is_new:
            witnesses[name] = parse_key(rest[0], 4)
        elif kind == "group" and len(rest) > 1 and is_new and {*rest[1:]} <= defined:
            groups[name] = ({"any": 1, "all": len(rest) - 1}.get(rest[0]) or decimal(rest[0]), rest[1:])
            need(1 <= groups[name][0] < len(rest), "A threshold in the policy is out of range.")
            members += rest[1:]
        elif kind == "quorum" and not rest and quorum is None and name in {*defined, "none"}:
            quorum = name
        else:
            need(kind == "" or kind.startswith("#"), "The policy holds a line of unknown form.")
    unique = [key[2] for key in logs], [key[2] for key in witnesses.values()], members
    need(quorum is not None and all(len({*some}) == len(some) for some in unique), "The policy is malformed.")
    _, _, text, signatures = open_checkpoint(note, origin, logs or keys)
    met = set()
    for name, (key_name, key_id, public) in witnesses.items():
        for data in [data for signer, data in signatures if (signer, data[:4]) == (key_name, key_id)]:
            seconds = int.from_bytes(data[4:12], "big")
            message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
            need(seconds <= MAX_SIZE and is_signed(public, message, data[12:]), f"The cosignature by {name} is wrong.")
            met.add(name)
    signed = ", ".join(sorted(met)) or "nobody"
    for name, (threshold, names) in groups.items():
        met |= {name} if len(met & {*names}) >= threshold else set()
    need(quorum == "none" or quorum in met, f"The quorum {quorum} is not met; cosigned by {signed}.")
    return f"The quorum {quorum} is met; cosigned by {signed}."


def run(receipt, keys, reply=None, policy=None, bundle=None):
    """Check the bytes given; return a (state, sentence) for each step, and the record once it is signed for."""
    results, record = [], None
    try:
        receipt, record, leaf = parse_receipt(receipt)
        results.append(("verified", "The receipt is complete and written in the one allowed way."))
        index, path, note = parse_proof(receipt["proof"])
        results.append(("verified", f"The proof is well formed, for leaf {index}."))
        keys = [parse_key(line) for line in keys.decode(errors="replace").removesuffix("\n").split("\n")]
        size, root, _, _ = open_checkpoint(note, record["log"], keys)
        results.append(("verified", f"The log {record['log']} signed its tree of {size} leaves."))
        need(root_of(leaf, index, size, path) == root, "The record does not lead to the signed root.")
        results.append(("verified", f"The record is leaf {index} of that tree."))
    except Failure as failure:
        results.append(("failed", str(failure)))
        return results + [("not checked", "An earlier step failed.")] * (7 - len(results)), None
    for option, given, check in (
        ("reply", reply, lambda: check_reply(receipt, reply)),
        ("policy", policy, lambda: check_policy(policy, note, record["log"], keys)),
        ("governance", bundle, lambda: importlib.import_module("check_governance").check(record, bundle, keys)),
    ):
        try:
            results.append(("not checked", f"Ask with --{option}.") if given is None else ("verified", check()))
        except (ImportError, ValueError) as failure:
            results.append(("failed", str(failure)))
    return results, record


def main():
    parser = argparse.ArgumentParser(description="Check a Verax receipt offline.")
    parser.add_argument("receipt", type=Path, help="the receipt file")
    parser.add_argument("--key", type=Path, required=True, help="verifier keys, one a line")
    for name, text in (("reply", "the text"), ("policy", "a tlog-policy"), ("governance", "a governance bundle")):
        parser.add_argument(f"--{name}", type=Path, help=text)
    chosen = parser.parse_args()
    try:
        files = [path and path.read_bytes() for path in vars(chosen).values()]
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    start = time.perf_counter()
    results, record = run(*files)
    spent_ms = (time.perf_counter() - start) * 1000
    for number, (name, (state, sentence)) in enumerate(zip(STEPS, results, strict=True), 1):
        print(f"{number} {name:<11}{state:<13}{sentence}")
    holds = all(state != "failed" for state, _ in results)
    for name in ("channel", "arm", "mode", "status", "release", "runtime") if record else ():
        print(f"  {name:<11}{record[name]}")
    print(f"THE RECEIPT {'HOLDS' if holds else 'DOES NOT HOLD'} in what was checked ({spent_ms:.1f} ms).")
    return 0 if holds else 3


if __name__ == "__main__":
    sys.exit(main())
