"""Shards on a Ray cluster. Imported only in an environment that has Ray (``make ray``), never by a server.

Every node needs this package and a way to the server. Tasks are not retried by Ray: a shard that was asked twice would
be recorded twice.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import ray

from verax.gates.bulk import Shard, Taken, take_shard
from verax.gates.running import GateBroken

__all__ = ["RaySpread"]

_STORE_BYTES = 200 * 2**20


class RaySpread:
    """Runs shards as Ray tasks; use it as a context manager, which leaves the cluster at its end.

    Args:
        address: A cluster's address, or ``local`` for one that lives as long as this object.
        workers: Processors of a local cluster.
    """

    def __init__(self, address: str = "local", workers: int = 2) -> None:
        # Set before Ray starts: it would report its use otherwise.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        options: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
        if address == "local":
            options |= {"num_cpus": workers, "object_store_memory": _STORE_BYTES}
        ray.init(address=address, **options)
        self._take = ray.remote(max_retries=0)(take_shard)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ray.shutdown()

    @property
    def nodes(self) -> int:
        """Nodes of the cluster that are alive."""
        return sum(1 for node in ray.nodes() if node["Alive"])

    def run(self, shards: Sequence[Shard]) -> Iterator[list[Taken]]:
        """Yield what each shard gave, as they end.

        Raises:
            GateBroken: a shard failed, or its worker died.
        """
        pending = [self._take.remote(shard) for shard in shards]
        while pending:
            done, pending = ray.wait(pending, num_returns=1)
            try:
                yield ray.get(done[0])
            except ray.exceptions.RayError as error:
                for left in pending:
                    ray.cancel(left, force=True)
                cause = getattr(error, "cause", None)
                raise GateBroken(str(cause) if isinstance(cause, GateBroken) else type(error).__name__) from None
