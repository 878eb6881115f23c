"""Limits the bytes of bodies in memory at the same time, per process and per caller."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Requests up to this size are never refused because of other callers.
_SMALL_BYTES = 64 * 1024
_RETRY_AFTER = {"retry-after": "2"}


class TooManyBytesError(HTTPException):
    """429, for the code that reads the body."""

    def __init__(self, detail: str) -> None:
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, detail, _RETRY_AFTER)


# Counts bytes of a conversation for the request that the current task answers.
_hold: ContextVar[Callable[[int], None] | None] = ContextVar("hold", default=None)


def hold_conversation(size: int) -> None:
    """Counts a conversation that is read, until the request has been answered.

    Raises TooManyBytesError. Outside of a request nothing is counted.
    """
    hold = _hold.get()
    if hold:
        hold(size)


class BytesInFlight:
    """Allows one largest body in flight per caller and two in total, like the service on AWS.

    A turn holds its body until it has been answered; conversations that are read have as much again.
    Request rate limits do not bound memory.
    """

    def __init__(self, app: ASGIApp, largest_body: int) -> None:
        self._app = app
        self._largest = largest_body
        self._by_caller: Counter[str] = Counter()
        self._conversations: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Counts the declared length before the body is read, or undeclared bytes as they arrive."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = int(length) if (length := headers.get("content-length", "")).isdecimal() else None
        caller, held, read = caller_of(headers, scope), 0, 0
        has_begun, has_ended = False, False

        async def counted() -> Message:
            message = await receive()
            if declared is None:
                nonlocal held
                held = self._grow(self._by_caller, caller, held, len(message.get("body", b"")))
            return message

        def hold(size: int) -> None:
            # An A2A task continues after its request, and nothing would release its bytes then.
            if not has_ended:
                nonlocal read
                read = self._grow(self._conversations, caller, read, min(size, self._largest))

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            held = self._grow(self._by_caller, caller, held, declared or 0)
            _hold.set(hold)
            await self._app(scope, counted, watched)
        except TooManyBytesError as error:
            if has_begun:
                raise
            answer = JSONResponse({"detail": error.detail}, error.status_code, headers=_RETRY_AFTER)
            await answer(scope, receive, send)
        finally:
            has_ended = True
            _release(self._by_caller, caller, held)
            _release(self._conversations, caller, read)

    def _grow(self, counted: Counter[str], caller: str, held: int, more: int) -> int:
        if counted[caller] + more > self._largest:
            raise TooManyBytesError(f"At most {self._largest} bytes in flight at once")
        if held + more > _SMALL_BYTES and counted.total() + more > 2 * self._largest:
            raise TooManyBytesError("The service has too many bytes in flight")
        counted[caller] += more
        return held + more


def _release(counted: Counter[str], caller: str, held: int) -> None:
    counted[caller] -= held
    if counted[caller] == 0:
        del counted[caller]


def caller_of(headers: Headers, scope: Scope) -> str:
    """The machine named in a token, else the address.

    The token is verified elsewhere (load balancer, Cloud Run, A2A's gate): a forged one only shares the byte
    limit of the name in it.
    """
    parts = headers.get("authorization", "").removeprefix("Bearer ").split(".")
    if len(parts) == 3:
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            name = claims.get("email") or claims.get("sub")
        except (ValueError, RecursionError, AttributeError):
            name = None
        if isinstance(name, str):
            return name
    client = scope.get("client")
    return client[0] if client else ""
