"""The HTTP surface: OpenAI's API, receipts, governance and the logs.

It translates in and out and decides nothing: what is asked becomes a `TurnRequest`, what
happens becomes OpenAI's bodies and events.

::

    app = create_app(installation)          # an ASGI application
    await serve(installation, [socket])     # or: uvicorn on a bound socket, until a signal
"""

from verax.surfaces.http.app import create_app
from verax.surfaces.http.server import serve

__all__ = ["create_app", "serve"]
