"""The worker of a gate: a process of its own, in an environment of its own, that asks and reports turn ids.

Nothing here is imported by a server or a command. What a worker says is not believed: the server reads every turn
from its own store, and scores it itself (`verax.gates.evidence`).
"""
