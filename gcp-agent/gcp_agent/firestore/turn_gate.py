"""Before google-adk's routes: a turn only begins while nobody else holds the session, and then holds it."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from http import HTTPStatus

from google.adk.errors._stale_session_error import StaleSessionError
from google.adk.sessions.base_session_service import BaseSessionService
from google.api_core.exceptions import GoogleAPICallError, RetryError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gcp_agent.store_failures import refusal_of
from gcp_agent.turns import MaintenanceError, SessionBusyError, SessionKey, turn_of

_TURNS = {"/run", "/run_sse"}
_RETRY_AFTER_S = "5"


class TurnGate:
    """Reads which session's turn a request begins; passes other requests on unchanged."""

    def __init__(self, app: ASGIApp, sessions: BaseSessionService) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 409 with Retry-After while another holds the session, and 503 while an operator refuses new
        turns."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in _TURNS:
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        session = _session_in(body)
        replay = _replaying(body, receive)
        if session is None:
            await self._app(scope, replay, send)
            return
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(turn_of(self._sessions, session))
            except MaintenanceError as error:
                refusal = JSONResponse(
                    {"detail": str(error)},
                    status_code=HTTPStatus.SERVICE_UNAVAILABLE,
                    headers={"retry-after": str(error.retry_after_s)},
                )
                await refusal(scope, receive, send)
                return
            except SessionBusyError as error:
                await refuse(error)(scope, receive, send)
                return
            except (GoogleAPICallError, RetryError) as error:
                # This runs outside of the error handlers.
                await refusal_of(error)(scope, receive, send)
                return

            async def send_last_when_free(message: Message) -> None:
                # A client that has seen the end of a turn may begin the next one anywhere.
                if message["type"] == "http.response.body" and not message.get("more_body", False):
                    await stack.aclose()
                await send(message)

            await self._app(scope, replay, send_last_when_free)


def refuse(error: StaleSessionError) -> JSONResponse:
    """The response to a writer that was too late."""
    return JSONResponse(
        {"detail": str(error)}, status_code=HTTPStatus.CONFLICT, headers={"retry-after": _RETRY_AFTER_S}
    )


def _session_in(body: bytes) -> SessionKey | None:
    """None for requests that google-adk itself will refuse."""
    try:
        turn = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(turn, dict):
        return None
    names = [
        turn.get(camel, turn.get(snake))
        for camel, snake in (("appName", "app_name"), ("userId", "user_id"), ("sessionId", "session_id"))
    ]
    return SessionKey(*names) if all(isinstance(name, str) and _is_text(name) for name in names) else None


def _is_text(name: str) -> bool:
    """Not empty, and without half a surrogate pair."""
    return name != "" and not any("\ud800" <= character <= "\udfff" for character in name)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """Replays the body, then passes on later messages."""
    is_told = False

    async def again() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
