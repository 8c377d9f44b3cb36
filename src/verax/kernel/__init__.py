"""The rules of Verax, pure: no I/O, no clock, no environment, nothing random.

Whoever calls hands in bytes, times and random values. One module for a clause or two of the
protocol; what it must hold stands as bullets in its docstring.

>>> from verax.kernel.record import TurnSecret
>>> TurnSecret(bytes(range(32))).salt("reply").hex()
'0f9e95c019fcf2cdc71e2c35d962db38'
"""

__all__ = [
    "bans",
    "bundle",
    "canonical",
    "chat_sandbox",
    "chat_template",
    "checkpoint",
    "chronicle",
    "confusables",
    "cosignature",
    "drafting",
    "dsse",
    "ed25519",
    "enrolment",
    "errors",
    "fields",
    "fold",
    "fold_blobs",
    "fold_canary",
    "fold_change",
    "fold_move",
    "fold_root",
    "fold_state",
    "forward_hold",
    "history",
    "join",
    "merkle",
    "note",
    "passkey",
    "promise",
    "proof",
    "receipt",
    "record",
    "release",
    "release_diff",
    "release_parts",
    "release_toml",
    "root",
    "root_drafts",
    "runtime",
    "segments",
    "short_code",
    "special_tokens",
    "split_view",
    "statement",
    "statement_kinds",
    "template",
    "template_syntax",
    "tiles",
    "witness",
]
