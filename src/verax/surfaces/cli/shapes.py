"""What every ``--json`` prints: its keys, in order, with what they mean.

docs/reference/cli.md is made from this table, and the tests hold every command to it. A key is
never removed and never changes its meaning; new keys may come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["SHAPES", "Shape", "find_mismatch"]

Shape: TypeAlias = "str | Mapping[str, Shape] | Sequence[Shape]"
"""A text describes a plain value; a mapping an object; a sequence of one a list of such things."""

_CHECK = {"name": "what was checked", "state": "`verified`, `not checked` or `failed`", "detail": "a sentence"}
_DIFFERENCE = {"path": "field of the manifest", "before": "text or null", "after": "text or null"}
_CHANNEL: dict[str, Shape] = {
    "channel": "its name",
    "release": "release id or null",
    "mode": "`solo`, `quorum` or null",
    "head_index": "entry that set the head",
    "canary": "release and share_bp, or null",
    "frozen": "true when it answers nobody",
}
_CHANGE: dict[str, Shape] = {
    "id": "statement id of the change",
    "code": "the same, short, for comparing on two machines",
    "channel": "channel that it would move",
    "status": "`open`, `stale` or `admitted`",
    "candidate": "release or runtime that it would bring in",
    "base": "what served when it was proposed, or `none`",
    "index": "entry of the governance log",
    "authors": ["person"],
    "approved_by": ["person"],
    "rejected_by": ["person"],
    "gates": "how many suites passed, in words; empty where none ran",
}

_PROMPT = "the prompt: {parts: [{by, role, text}], left_out, problem}; null where there is no such release"
_PREVIEW_REPLY = "the reply: {release, turn, status, text, refusal, error}; null where there is no such release"

_COMPARED: dict[str, Shape] = {
    "candidate": "release A",
    "head": "release B, or `none`",
    "seed": "what fixed the items",
    "suites": [
        {
            "suite": "name",
            "metrics": "by name, decimal strings",
            "failures": [{"item": "id", "mark": "0 to 1", "reason": "why"}],
        }
    ],
}
_AGREEMENT: dict[str, Shape] = {
    "suite": "name, or `all`",
    "n": "labelled replies",
    "agreed": "verdicts that are the label",
    "low": "lower bound of the exact 95 % interval of the share, decimal string",
    "high": "its upper bound",
    "false_passes": "bad replies that passed",
    "bad": "bad replies",
    "false_fails": "good replies that failed",
    "good": "good replies",
    "kappa": "agreement beyond chance, decimal string",
}
_GATE: dict[str, Shape] = {
    "suite": "name of the suite",
    "required": "whether the root demands it",
    "floors": "floor by metric, as in the root",
    "state": "`not_run`, `waiting`, `running`, `passed`, `failed`, `broken`, `cancelled` or `refused`",
    "done": "samples taken",
    "total": "samples of the run, 0 before it began",
    "attempts": "runs that were begun",
    "detail": "a sentence, or empty",
    "started_ms": "milliseconds since 1970, or null",
    "ended_ms": "milliseconds since 1970, or null",
    "result": "the result in the log: {passed, n, index, report}, or null",
}

_COLLECTION: dict[str, Shape] = {
    "id": "id of the collection",
    "name": "its name",
    "documents": "how many",
    "passages": "how many",
    "size_bytes": "bytes of the files",
    "shared": "whether every account may search it",
    "own": "whether it is yours",
    "updated": "UTC time",
}

SHAPES: dict[str, Shape] = {
    "ask": {
        "reply": "the text, to the character",
        "refusal": "what a policy said instead, else empty",
        "channel": "channel that answered",
        "release": "release id",
        "runtime": "digest of the instance manifest",
        "mode": "`solo` or `quorum`",
        "status": "how the turn ended",
        "claims": [
            {
                "choice": "0",
                "start": "offset into the reply, in characters",
                "end": "the first character after it",
                "text": "the sentence",
                "verdict": "`supported`, `contradicted`, `not_found` or `not_checked`",
                "probability": "that it is supported, 0 to 1, or null",
                "reason": "why it was not checked, else empty",
                "contested": "whether one source supports it and another contradicts it",
                "agreement": "`agreeing`, `samples` and `uncertainty` of further samples, or null",
                "evidence": [
                    {
                        "source": "name of the document",
                        "digest": "SHA-256 of its bytes",
                        "passage": "the passage",
                        "start": "where in the passage begins what decided",
                        "end": "the first character after it",
                        "passage_start": "where in the document the passage begins",
                        "page": "page, or null",
                        "heading": "headings above it",
                        "collection": "as the release names it",
                        "version": "version of the collection",
                        "probability": "what this passage alone gives",
                        "supports": "whether it speaks for the sentence, or against it",
                    }
                ],
            }
        ],
        "withheld": "sentences that a strict release held back",
        "drafts": "`drawn`, and `kept`, the place of the one given; null for none",
        "receipt": "id of the turn",
        "receipt_state": "`verified`, `promised`, `not checked` or `failed`",
        "receipt_file": "path or null",
        "reply_file": "path or null",
        "key_file": "path of the pinned log keys, or null",
    },
    "backup verify": {
        "installation": "its name",
        "made": "UTC time",
        "version": "version of Verax that made it",
        "rows": "whether the database is in it",
        "logs": [{"log": "origin", "size": "entries", "root": "hash"}],
    },
    "change list": {"changes": [_CHANGE]},
    "change preview": {
        "change": "statement id of the change",
        "channel": "channel that it would move",
        "base": "what served when it was proposed, or `none`",
        "candidate": "release that it would bring in",
        "date": "the date that the prompts were composed for",
        "prompts": [{"name": "of the example", "title": "what it shows", "base": _PROMPT, "candidate": _PROMPT}],
        "replies": [{"question": "what was asked", "base": _PREVIEW_REPLY, "candidate": _PREVIEW_REPLY}],
    },
    "change show": _CHANGE | {"reason": "why", "seed": "seed of every gate run on it", "differences": [_DIFFERENCE]},
    "channel list": {"channels": [_CHANNEL]},
    "channel monitor": {
        "channel": "its name",
        "alpha": "chance of ever rolling back a canary that behaves as its head",
        "levels": [{"replies": "replies of a user", "line": "wealth that trips"}],
        "stakes": "share of the stake by signal",
        "rollout": "the canary, or null where none was ever watched",
        "votes": "users who voted, up and down, by arm; or null",
        "points": ["signals at one moment, oldest first"],
    },
    "channel rollout": {
        "channel": "its name",
        "head": "release id or null",
        "mode": "`solo`, `quorum` or null",
        "frozen": "true when it answers nobody",
        "canary": "release, change, share_bp, mode, admitted_index; or null",
        "plan": "the steps that were signed with the admission, or null",
        "next": "share_bp, by, state (`due`, `soak`, `users`, `held`, `unknown`), until_ms; or null",
        "moves": ["admission and steps of the canary"],
        "timelines": [{"move": "entry of a rollback", "digest": "blob of the document"}],
    },
    "channel show": _CHANNEL
    | {
        "approvals": "persons who must approve a change",
        "gates": ["suite that a change must pass"],
        "witness": "true when forward moves wait for witnesses",
        "public": "true when its records are shown on the transparency page",
        "rollback_depth": "heads that it may return to",
        "backward_steps": "rollbacks of the head since the last admission",
        "earlier": ["release it may return to, newest first"],
    },
    "channel timeline": {
        "move": "entry of the rollback",
        "digest": "blob of the document",
        "document": "the document, see docs/concepts/monitor.md",
        "turn_ids": "ids of affected turns, null unless --turns asks for them",
    },
    "check": {
        "object": "`check`",
        "text_digest": "SHA-256 of the text in UTF-8",
        "verifier": "what judged: kind and digest, or `none`",
        "summary": {
            "claims": "how many",
            "supported": "how many of these",
            "contradicted": "how many",
            "not_found": "how many",
            "not_checked": "how many",
            "contested": "how many of all sources disagree about",
            "other_sentences": "sentences that are no claims",
        },
        "claims": [
            {
                "text": "the sentence",
                "start": "offset into the text, in characters",
                "end": "the first character after it",
                "verdict": "`supported`, `contradicted`, `not_found` or `not_checked`",
                "probability": "that it is supported, 0 to 1, or null",
                "reason": "why it was not checked, else empty",
                "contested": "whether one document supports it and another contradicts it",
                "evidence": [
                    {
                        "source": "name of the document",
                        "passage": "the passage",
                        "start": "where in the passage begins what decided",
                        "end": "the first character after it",
                        "probability": "that it alone supports the claim",
                        "supports": "whether it does; else it contradicts the claim",
                        "page": "from 1, or null",
                        "heading": "headings above it, or empty",
                        "passage_start": "where in the document's text the passage begins",
                        "digest": "SHA-256 of the document",
                        "collection": "id of its collection, or null",
                    }
                ],
            }
        ],
        "collections": [{"id": "id of the collection", "version": "digest of all that it held, or null"}],
        "documents": [
            {
                "source": "name of the file",
                "digest": "SHA-256 of it",
                "pages": "pages, or null",
                "characters": "of its text",
                "notices": ["what was not read of it"],
            }
        ],
    },
    "collection list": {"collections": [_COLLECTION]},
    "collection search": {
        "version": "digest of all that the collection holds",
        "encoded": "passages that were compared by what they mean",
        "passages": [
            {
                "document": "id of the document",
                "name": "name of the file",
                "source": "path or address",
                "label": "empty, `speaks_for_owner` or `self`",
                "digest": "SHA-256 of the file",
                "page": "from 1, or null",
                "heading": "headings above it, or empty",
                "start": "offset into the document's text, in characters",
                "end": "the first character after it",
                "text": "the passage",
                "score": "higher is better, within this result",
            }
        ],
    },
    "search": {
        "engine": "what was asked",
        "query": "what it was asked, to the character",
        "pages": [
            {
                "title": "as the engine says",
                "url": "as the engine says",
                "snippet": "the engine's words, no evidence",
                "source": "where the page is in the end, or null",
                "digest": "SHA-256 of its bytes, or null",
                "fetched_ms": "milliseconds since 1970, or null",
                "problem": "code of what kept it from being read, or null",
            }
        ],
        "passages": [
            {
                "source": "address of the page",
                "digest": "SHA-256 of its bytes",
                "fetched_ms": "milliseconds since 1970",
                "page": "from 1, or null",
                "heading": "headings above it, or empty",
                "start": "offset into the page's text, in characters",
                "end": "the first character after it",
                "text": "the passage",
            }
        ],
    },
    "collection show": _COLLECTION
    | {
        "version": "digest of all that it holds",
        "encoded": "passages that can be found by what they mean",
        "list": [
            {
                "id": "id of the document",
                "source": "path or address",
                "kind": "`pdf`, `word`, `html`, `markdown`, `table`, `mail` or `text`",
                "pages": "pages, or null",
                "passages": "how many",
                "characters": "of its text",
                "label": "empty, `speaks_for_owner` or `self`",
                "digest": "SHA-256 of the file",
                "notices": ["what was not read of it"],
                "added": "UTC time",
                "fetched": "UTC time of the last fetch, or null for a file",
            }
        ],
    },
    "config show": {
        "settings": [{"name": "setting", "value": "value, secrets masked", "source": "where it came from"}]
    },
    "doctor": {
        "findings": [
            {
                "name": "what was looked at",
                "state": "`fine`, `note` or `wrong`",
                "message": "a sentence",
                "hint": "or empty",
            }
        ]
    },
    "drill": [
        {
            "drill": "its number",
            "title": "what is attacked",
            "passed": "true when every attempt was stopped, with an alarm, and a proper change went live afterwards",
            "stopped_by": "code and words of what stopped the first attempt, or null",
            "alarm_index": "entry of the governance log that is its first alarm, or null",
            "seconds": "how long it took",
            "problem": "what was not as expected; empty where it passed",
            "attempts": [
                {
                    "tried": "what the insider did",
                    "stopped_by": "code and words of the refusal, or why nothing changed",
                    "alarm_code": "code of the alarm, or null",
                    "alarm_index": "its entry in the governance log, or null",
                }
            ],
        }
    ],
    "gate bulk": _COMPARED,
    "gate compare": _COMPARED,
    "gate judge measure": {
        "judge": "model and prompt, empty without one",
        "scorers": [_AGREEMENT],
        "judged": [_AGREEMENT],
    },
    "gate list": {
        "suites": [
            {
                "name": "name of the suite",
                "title": "in words",
                "items": "items of a run",
                "measures": "a sentence",
                "blind_spots": ["a sentence"],
                "floors": "recommended floors: by profile, by metric",
                "digest": "digest of the suite",
            }
        ]
    },
    "gate report": {
        "suite": "name of the suite",
        "change": "statement id of the change",
        "candidate": "release or runtime that was judged",
        "head": "release beside it, or `none`",
        "passed": "whether it reached its floors",
        "metrics": "by name, decimal strings",
        "floors": "by metric, decimal strings",
        "shortfalls": [{"metric": "name", "floor": "demanded", "found": "or empty"}],
        "engine": "what took the samples",
        "confinement": ["what held the worker back"],
        "attempts": "runs that were begun",
        "lost": [{"sample": "item and arm", "reason": "why it is missing"}],
        "items": [{"item": "id", "mark": "0 to 1", "reason": "or empty", "replies": ["reply of the candidate"]}],
    },
    "gate run": {"change": "statement id of the change", "gates": [_GATE]},
    "gate show": {"change": "statement id of the change", "gates": [_GATE]},
    "gate verify": {
        "verified": "nothing failed",
        "change": "statement id of the change",
        "findings": [{"suite": "name of the suite"} | _CHECK],
    },
    "guard": {
        "id": "of this answer",
        "model": "`verax-guard`",
        "results": [
            {
                "flagged": "whether the text belongs to any category",
                "categories": "for each category of OpenAI's moderation API whether the text belongs to it",
                "category_scores": "for each of them a score, 0 to 1",
                "category_applied_input_types": "for each of them `text`",
                "verax": {
                    "action": "`allow`, `mark`, `alert`, `rewrite`, `refuse` or `crisis`",
                    "category": "the category that asked for it, or empty",
                    "flags": ["a category that the text belongs to, also one that the policy lets pass"],
                    "scores": "a score for each category that something could judge",
                    "unavailable": ["a category that nothing could judge"],
                    "findings": [
                        {
                            "category": "what was found",
                            "kind": "subcategory, or empty",
                            "start": "offset into the text, in characters",
                            "end": "the first character after it",
                            "score": "probability; 1 for exact rules",
                            "action": "what the rule asks for",
                        }
                    ],
                    "text": "the text with its masks",
                },
            }
        ],
        "verax": {
            "audience": "whose policy",
            "direction": "`input` or `output`",
            "judges": ["what judged beside exact rules"],
        },
    },
    "junior check": {
        "articles": [{"name": "of the file", "band": "`5-7`, `8-12`", "problems": ["what is wrong, a sentence"]}]
    },
    "junior list": {
        "profiles": [
            {
                "id": "id",
                "band": "`2-4`, `5-7` or `8-12`",
                "colour": "with the animal what the child is called",
                "animal": "see there",
                "place": "`home` or `classroom`",
                "country": "two letters",
                "topics_allowed": "topics, or null for all",
                "topics_held": "topics that may not come up",
                "daily_minutes": "a number, or null for no limit",
                "session_minutes": "the same, between two breaks",
                "bedtime": "start and end, or null",
                "time_zone": "IANA name",
                "log_days": "a number, or null for no log",
            }
        ]
    },
    "key list": {
        "keys": [
            {
                "id": "id of the key",
                "name": "what it is for",
                "user": "whose it is",
                "shown": "its first characters",
                "roles": ["role"],
                "requests_per_minute": "limit of its own, or null",
                "created": "UTC time",
                "expires": "UTC time or null",
                "revoked": "UTC time or null",
                "last_used": "UTC time or null",
            }
        ]
    },
    "log compare": {
        "consistent": "true or false",
        "views": [
            {
                "log": "origin of the log",
                "shown_by": "address, file, or `this machine`",
                "size": "entries of that tree",
                "root": "its root, or null where no pinned key signed it",
                "state": "`consistent`, `forked`, `not compared` or `failed`",
                "detail": "a sentence, or empty",
            }
        ],
        "evidence": ["path of a file that proves two histories"],
    },
    "log repair": {
        "logs": [{"log": "its origin", "size": "entries", "written": ["path of a file that was written anew"]}]
    },
    "log show": {
        "entries": [
            {
                "index": "place in the governance log",
                "id": "statement id, empty where it cannot be read",
                "kind": "`root`, `change`, `review`, `gate`, `move`, `alarm` or `unknown`",
                "time": "UTC time that the signer claims, or null",
                "persons": ["person who signed"],
                "effective": "true or false",
                "effect": "`yes`, or why it had none",
                "about": "channel, else empty",
            }
        ]
    },
    "log verify": {
        "verified": "true or false",
        "incomplete": "number of blobs that are not public and were not read",
        "installation": "its name",
        "steps": [_CHECK | {"state": "`verified`, `incomplete` or `failed`"}],
    },
    "model list": {
        "channels": [
            {
                "channel": "channel",
                "model": "name of the model",
                "backend": "`embedded`, `remote` or `scripted`",
                "weights": "SHA-256 or `unknown`",
                "url": "address or null",
                "key_name": "name of the stored key, or null",
                "context_tokens": "longest prompt plus reply",
            }
        ],
        "servers": [{"kind": "`Ollama`, `vLLM` or `LM Studio`", "url": "address", "models": ["name"]}],
        "files": ["path of a GGUF file"],
        "keys": ["name of a stored key"],
    },
    "model pull": {
        "path": "the file",
        "size_bytes": "its size",
        "sha256": "its digest",
        "checked": "whether a digest was known before",
    },
    "model test": {
        "channel": "channel that was asked",
        "release": "release id",
        "reply": "the text",
        "first_text_s": "seconds to the first text",
        "total_s": "seconds in all",
        "completion_tokens": "tokens of the reply",
        "tokens_per_s": "tokens a second after the first",
    },
    "receipt open": {
        "verified": "whether nothing failed; what was not checked is not thereby proved",
        "id": "id of the turn",
        "release": "release id",
        "segments": [{"by": "author", "role": "role of its message", "text": "the text, to the character"}],
        "checks": [_CHECK],
    },
    "receipt replay": {
        "verdict": "match, no match or cannot be replayed",
        "detail": "a sentence",
        "first_difference": "offset of the first byte that differs, or null",
        "id": "id of the turn",
        "release": "release id",
        "weights": "digest of the weights that the record names",
        "seed": "seed",
        "params": [{"name": "name", "value": "value that differs from the release's"}],
        "engine": "engine that answered here, empty where none did",
        "processor": "processor features that it used",
        "checks": [_CHECK],
    },
    "receipt show": {
        "open": "salts that are opened, hex by part",
        "proof": "the tlog-proof",
        "record": "the record (protocol clause 9)",
        "v": "1",
    },
    "receipt verify": {"verified": "true or false", "checks": [{"step": "1 to 7"} | _CHECK]},
    "release diff": {"old": "release id", "new": "release id", "differences": [_DIFFERENCE]},
    "release list": {
        "releases": [{"id": "release id", "name": "its label", "channels": ["channel"], "model": "name of its model"}]
    },
    "release show": {"id": "release id", "channels": ["channel that it serves"], "manifest": "the whole manifest"},
    "release verify": {"verified": "true or false", "id": "release id", "checks": [_CHECK]},
    "root drafts": {
        "drafts": [
            {
                "id": "statement id of the root change",
                "code": "the same, short, for comparing on two machines",
                "signed_by": ["person"],
                "by_old": "signatures that the root in force still demands",
                "by_new": "signatures that the proposed root still demands",
                "may_sign": ["person"],
            }
        ]
    },
    "root show": {"fingerprint": "digest of the document in force", "document": "the document (protocol clause 4)"},
    "runtime show": {
        "admitted": "portable digest or null",
        "installed": "portable digest",
        "same": "true or false",
        "changes": ["a line for each file"],
    },
    "status": {
        "running": "true or false",
        "url": "where the server is looked for",
        "status": "`ready`, `not_ready` or `down`",
        "checks": [{"name": "what is needed", "ready": "true or false", "detail": "a sentence"}],
        "governance": "what `GET /v1/governance/state` says, or null",
    },
    "team list": {
        "keys": [
            {"person": "who holds it", "key": "id in the root", "kind": "`ed25519` or `passkey`", "roles": ["role"]}
        ],
        "waiting": [{"name": "what its holder called it", "code": "for comparing", "key_id": "id it would have"}],
    },
    "user list": {
        "users": [
            {
                "id": "id of the account",
                "name": "its name",
                "roles": ["role"],
                "password": "whether it has one",
                "requests_per_minute": "limit or null",
                "created": "UTC time",
                "disabled": "UTC time or null",
            }
        ]
    },
    "witness list": {
        "quorum": "name of the witness or group that is enough, or `none`",
        "channels": ["channel whose forward moves wait for it"],
        "witnesses": [{"name": "its name in the policy", "key": "verifier key", "address": "address or null"}],
    },
    "witness show": {
        "name": "name of the witness",
        "key": "its verifier key",
        "folder": "its data folder",
        "logs": [
            {
                "log": "its origin",
                "keys": ["verifier key"],
                "size": "entries of the newest tree that it cosigned",
                "root": "root of that tree, or null",
                "refused": "signed checkpoints that it refused and keeps",
            }
        ],
    },
    "witness status": {
        "met": "whether every log carries the quorum of the root, checked here",
        "waiting": ["channel whose forward moves wait, as the server says"],
        "logs": [
            {
                "log": "its origin",
                "size": "entries of the newest tree",
                "witnessed": "entries of the newest tree with the quorum, or null",
                "cosigned_by": ["witness"],
                "quorum": "what became of it, in a few words",
            }
        ],
        "witnesses": [
            {
                "witness": "its name in the policy",
                "log": "origin of the log",
                "cosigned": "entries of the newest tree that it cosigned, as the server says",
                "time": "UTC time that it stated then, or null",
                "problem": "what is wrong, or empty",
            }
        ],
    },
}


def find_mismatch(value: object, shape: Shape, where: str = "$") -> str:
    """Return where `value` is not of `shape`, in words; empty when it is."""
    if isinstance(shape, str):
        return ""
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping) or list(value) != list(shape):
            found = list(value) if isinstance(value, Mapping) else type(value).__name__
            return f"{where}: expected the keys {list(shape)}, found {found}"
        problems = (find_mismatch(value[key], inner, f"{where}.{key}") for key, inner in shape.items())
        return next((problem for problem in problems if problem), "")
    if not isinstance(value, Sequence) or isinstance(value, str):
        return f"{where}: expected a list"
    problems = (find_mismatch(item, shape[0], f"{where}[{index}]") for index, item in enumerate(value))
    return next((problem for problem in problems if problem), "")
