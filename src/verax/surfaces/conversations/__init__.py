"""Conversations of people: runs that outlive a connection, and what is kept of them.

* `runs` starts a turn for a message, keeps its events for whoever watches, and stops it.
* `history` reads the lines of a path that a model can read, and no more of them.
* `wire` writes conversations, messages and events as the browser reads them.

Nothing here knows HTTP. The surface hands over typed parts and writes no prose (invariant 6).
"""
