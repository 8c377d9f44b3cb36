"""Asking a server over its HTTP API from another process: one request, one connection, the standard library."""

from __future__ import annotations

import http.client
import json
from typing import Any

__all__ = ["CHAT", "ServerError", "ask_over"]

CHAT = "/v1/chat/completions"

_MAX_REASON_CHARS = 300


class ServerError(Exception):
    """The server refused a call, or a turn failed.

    Attributes:
        code: The server's permanent code.
        turn: Id of the turn that failed, empty where there was none.
        retry_after_s: Set where the server said when to come back.
    """

    def __init__(self, code: str, message: str, turn: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(f"{code}: {message}"[:_MAX_REASON_CHARS])
        self.code = code
        self.turn = turn
        self.retry_after_s = retry_after_s


def ask_over(connection: http.client.HTTPConnection, token: str, body: object, path: str = CHAT) -> Any:
    """Send one request and return the JSON of the answer; the connection is closed.

    Raises:
        ServerError: a status of 400 or more.
        OSError: the connection broke.
    """
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Connection": "close"}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        if response.status >= 400:
            raise _error_of(response.status, response.getheader("retry-after"), data)
        return json.loads(data)
    except http.client.HTTPException as error:
        raise OSError(f"the connection to the server broke: {type(error).__name__}") from None
    finally:
        connection.close()


def _error_of(status: int, retry_after: str | None, data: bytes) -> ServerError:
    try:
        body = json.loads(data)
        code, message = str(body["error"]["code"]), str(body["error"]["message"])
        turn = str(body.get("verax", {}).get("id", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ServerError(f"HTTP {status}", "an answer without an error")
    wait_s = float(retry_after) if retry_after is not None and retry_after.isdigit() else None
    return ServerError(code, message, turn, wait_s if status == 429 else None)
