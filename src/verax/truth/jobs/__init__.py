"""What a confined process can be asked to do: one module a job, run by `verax.truth.worker`.

A job imports everything that it needs at its top, since files cannot be opened once it runs. It
is `run(data, arguments, tell)`: the bytes of one document, the limits as text, and the way to
say a line. Nothing here is imported by the server.
"""
