"""Graphs of `onnxruntime`, all opened alike: one thread, no spinning, no telemetry, on the processor.

The same input gives the same bits, and a graph at rest takes no time from anybody.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from verax.kernel.errors import ModelUnavailable

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["open_graph"]


def open_graph(graph: Path | bytes) -> onnxruntime.InferenceSession:
    """Load a graph from a file or from its bytes; `onnxruntime` is imported here, since the extra may be missing.

    Raises:
        ModelUnavailable: it is not there, or it is damaged.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        name = graph.name if isinstance(graph, Path) else "from memory"
        raise ModelUnavailable(
            f"graph {name}: cannot be loaded ({type(error).__name__})",
            hint="install Verax again: a file of weights is missing or was changed",
        ) from error
