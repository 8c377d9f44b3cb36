"""A witness as a server: C2SP tlog-witness over HTTP, and nothing of an installation.

>>> async with asyncio.timeout(60):
...     await serve_witness(Witness(folder, key, SystemClock()), [listening_socket])
"""

from verax.surfaces.witness.app import WitnessApp
from verax.surfaces.witness.server import serve_witness

__all__ = ["WitnessApp", "serve_witness"]
