"""Who is in a canary (protocol clause 5, last paragraph).

A user is in the canary iff the first 4 bytes of ``H(change id ‖ user id)``, big-endian, are
below ``share_bp / 10000`` of 2^32. The change id stands as its 64 hex digits, the user id as
UTF-8. So a user stays in while the share grows, and no one chooses.
"""

from __future__ import annotations

from verax.kernel import canonical

__all__ = ["in_canary"]


def in_canary(change_id: str, user_id: str, share_bp: int) -> bool:
    """Say whether `user_id` is served by the canary of `change_id` at `share_bp`."""
    digest = canonical.hash_bytes(change_id.encode("ascii") + user_id.encode("utf-8"))
    return int.from_bytes(digest[:4], "big") * 10_000 < share_bp * 2**32
