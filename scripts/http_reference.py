"""The page docs/reference/http.md, made from the request models and from the list of calls."""

from __future__ import annotations

from verax.surfaces.http.chat_request import ChatRequest
from verax.surfaces.http.embeddings import EmbeddingRequest
from verax.surfaces.http.faults import INTERNAL, STOPPING
from verax.surfaces.http.governance import ENTRY_ROLES
from verax.surfaces.http.health import METRICS_ROLES
from verax.surfaces.http.openapi import OPERATIONS
from verax.surfaces.http.parameters import REFUSED, parameter_table
from verax.surfaces.http.responses_request import ResponseRequest

__all__ = ["http_page"]

HEAD = """# The HTTP API

`http://localhost:8420/v1` speaks OpenAI's API: any client of it works when it is given this address and a key from
`verax key create NAME`. Channels are the models. Beside the answer every reply carries the `verax` object, which
names the release that answered and the receipt that proves it. `/openapi.json` describes every call.

```python
from openai import OpenAI

client = OpenAI(base_url="http://localhost:8420/v1", api_key="vx-…")
reply = client.chat.completions.create(
    model="assistant", messages=[{"role": "user", "content": "Who wrote Hamlet?"}]
)
print(reply.choices[0].message.content)
print(reply.verax["release"], reply.verax["receipt"])
```

The `llm` command takes the same in `extra-openai-models.yaml`:

```yaml
- model_id: verax
  model_name: assistant
  api_base: http://localhost:8420/v1
  api_key_name: verax
```

## The `verax` object

It stands at the top of a reply's body. In a stream the first chunk carries what is known before any text, and the
last chunk before `[DONE]` all of it: the usage chunk where `stream_options.include_usage` asked for one, else the last
choice's. In `/v1/responses` it stands in the response object. The header `X-Verax-Turn` carries the id, nothing else.

| field | meaning |
|---|---|
| `id` | the turn, 128 bits |
| `release` | SHA-256 of the release that answered |
| `runtime` | digest of the instance manifest of the code that ran |
| `channel`, `arm`, `mode` | where it was asked; `head`, `canary` or `preview`; `solo` or `quorum` |
| `receipt` | URL of the receipt |
| `claims` | verdicts on sentences, with the passages that decided; `contested`: sources disagree |
| `withheld` | how many sentences a strict release held back; absent for none |
| `drafts` | how many drafts were `drawn`, and `kept`, the place of the one given; absent where one was |
| `status` | `complete`, `length`, `refused`, `rewritten`, `withdrawn`, `cancelled` or `failed` |
| `record` | the record whose hash goes into the reply log |
| `promise` | a signed note: the record will stand in the log before a deadline |
| `secret` | opens every commitment of the record; handed to the owner of the turn only |

A request may carry a `verax` object of its own: `{"arm": "preview", "release": "…"}` asks a release that does not serve
yet, for reviewers.

A client that closes the connection ends its turn at once; the record says `cancelled`.

## Receipts

`GET /v1/receipts/{id}` answers 202 with record and promise until the leaf is in the log, about a second, then 200 with
the receipt, canonical JSON to be kept byte for byte. Whoever holds the id may fetch it. For the owner it opens the
reply's commitment, so that this holds offline:

    curl -H "Authorization: Bearer vx-…" RECEIPT_URL > receipt.json
    curl http://localhost:8420/log/key > key.txt
    python3 conformance/check_receipt.py receipt.json --key key.txt --reply reply.txt

`?open=` chooses what is opened: `evidence`, `reply`, `request`, several of them parted by commas, or nothing.
`…/proof` gives the C2SP tlog-proof alone, with the leaf hash in `X-Verax-Leaf`; `…/governance` the bundle that shows
who approved the release (`check_receipt.py --governance`); `…/secret` the secret, to the owner.
`GET /v1/turns/{id}/segments` opens the prompt of a turn to its owner, every segment with its author.
`GET /v1/turns/{id}/evidence` gives its owner the bytes that the record's `evidence` commits to.
`DELETE /v1/turns/{id}` erases text, record and secret; the leaf stays and says nothing.

## The governance log

`/log` holds it as tiles, for whoever wants proof; `GET /v1/governance/history` tells it entry by entry: who signed,
what became of it and why. Neither needs a key. `/log/blob/…` needs one for what belongs to channels that are not
public only (`access/blob-not-public`); `GET /v1/site` says which those are.

## Conversations

`POST /v1/conversations` begins one on a channel. `POST …/runs` with `parent_id` and `text` says something below a
message: below the one seen last it is the next question, below the parent of an older one it is an edit; without
`text`, `parent_id` names a question that is answered once more. The answer names the run, whose events come from `GET
…/runs/{run}/events`:

    id: 7
    data: {"type":"text","text":"Hamlet was written by "}

`id` is the number of the event; `?after=` or `Last-Event-ID` reads on behind one. The shapes are `StreamEvent` in
`/openapi.json`: `started`, `text`, `claim`, `tool_call`, `refusal`, and at the end `completed` or `failed`. [What a
run is](../concepts/runs.md) says what happens when connections, sessions and servers end.

`POST /v1/attachments?name=FILE` takes a file as its body; a run names it in `attachments`. `GET …/export` gives a
conversation as JSON with everything, or as Markdown.

## Collections

`POST /v1/collections/{id}/documents?name=FILE` takes a file as its body; `source` says where it came from, and another
content from there replaces it. With `?url=ADDRESS` and no body the server fetches a page of the public web; `replaced`
is then the digest that the source had before, where it changed. `POST …/search` finds passages; each is characters
`start` to `end` of the text that `GET …/documents/{document}` returns.
[The guide](../guides/collections.md) says what is read. `POST /v1/search/web` gives passages of pages that a search
engine names, and keeps nothing.

## Parameters

*Honoured*: the reply follows it. *Neutral*: accepted with the value that changes nothing; any other value is a 400
that names the parameter. *Hint*: by its own definition it never changes a reply; it is checked and dropped. Every other
name is a 400 with `code` `request/unsupported-parameter` and the name in `param`. Nothing is silently ignored, and a
channel's release may allow less than the API does.
"""

TAIL = """## Credentials

`Authorization: Bearer vx-…`, or a session: `POST /v1/session` with `name` and `password` sets a cookie that scripts
cannot read, `POST /v1/session/link` does the same with a one-time link, `DELETE /v1/session` ends it. With a session,
writing calls need an `Origin` header of this server's own pages. Calls marked "key" need one of the two; what changes
the credentials of one's own account takes a session. Roles open calls and carry no weight in governance:
`POST /v1/governance/entries` takes {entry_roles}; `/metrics` takes {metrics_roles} where the setting
`metrics_auth` is `key`. What a signed statement may do is decided by the log's own rules.

`Host` must name this server: a loopback name, `host`, or the host of `public_url`. No other page may read answers (no
CORS headers are sent).

## Limits

| what | default | setting | answer |
|---|---|---|---|
| request body | 8 MiB | `max_body_bytes` | 413, before the body is read |
| messages in a request | 2000 | `max_messages` | 413 |
| a message of a conversation | 500,000 characters | | 413 |
| answers in flight of one account | 4 | `max_runs` | 429 with `Retry-After` |
| an attached file | 20 MiB | `max_attachment_bytes` | 413 |
| a document of a collection | 64 MiB | `max_document_bytes` | 413, before the body is read |
| a page of the web | 64 MiB, 30 s, 5 redirects | `max_document_bytes`, `web_timeout_s` | 413; 502 |
| text of one account's collections | 2^30 characters | `collection_quota_chars` | 413 |
| a picture | 5 MiB, 16,384 pixels a side | | 413 |
| attached files of one account | 1 GiB | `attachment_quota_bytes` | 413 |
| files of one message | 8 | | 400 |
| nesting of JSON | 64 levels | | 400 |
| tools in a request | 128 | | 400 |
| requests of one key | 600 a minute | `rate_per_minute`, `rate_burst` | 429 with `Retry-After` |

A name that stands twice in one object, `NaN`, numbers beyond a double, bytes that are not UTF-8 and halves of surrogate
pairs are refused.

## Errors

OpenAI's shape with a permanent `code` and a `hint`:

```json
{{"error": {{"message": "…", "type": "invalid_request_error", "param": "n", "code": "request/invalid", "hint": "…"}}}}
```

`type` follows from the status: `authentication_error` (401), `permission_error` (403), `rate_limit_error` (429),
`invalid_request_error` (other 4xx), `server_error` (5xx). What no retry can mend carries `x-should-retry: false`. An
error after a stream began is a last event with the same object and its `status` inside, without `[DONE]`; in
`/v1/responses` it is `response.failed`. The codes are listed in [errors.md](errors.md); these come from the surface:

| code | HTTP | meaning |
|---|---|---|
| `request/no-such-path` | 404 | nothing is served at this path |
| `request/method` | 405 | the path takes other methods; `Allow` names them |
| `{internal}` | 500 | a fault of this server; its log has the details |
| `{stopping}` | 503 | the server stopped before the turn ended |
"""


def http_page() -> str:
    """Return the text of the page."""
    parts = [HEAD]
    for title, model in (
        ("`POST /v1/chat/completions`", ChatRequest),
        ("`POST /v1/responses`", ResponseRequest),
        ("`POST /v1/embeddings`", EmbeddingRequest),
    ):
        parts += [f"### {title}\n", parameter_table(model), ""]
    parts += ["### Refused, with the way out\n", _refused(), ""]
    parts += ["## Calls\n", _calls(), ""]
    parts.append(
        TAIL.format(
            entry_roles=", ".join(sorted(ENTRY_ROLES)),
            metrics_roles=", ".join(sorted(METRICS_ROLES)),
            internal=INTERNAL.code,
            stopping=STOPPING.code,
        )
    )
    return "\n".join(parts)


def _refused() -> str:
    rows = [f"| `{name}` | {hint} |" for name, hint in sorted(REFUSED.items())]
    return "\n".join(["| parameter | instead |", "|---|---|", *rows])


def _calls() -> str:
    rows = [
        f"| `{call.method} {call.path}` | {'key' if call.needs_key else 'open'} | {call.summary} |"
        for call in OPERATIONS
    ]
    return "\n".join(["| call | credential | what it does |", "|---|---|---|", *rows])
