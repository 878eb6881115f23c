"""Authenticates the caller of every A2A request, before the request is read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from starlette.authentication import SimpleUser
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gcp_agent.a2a.tokens import KeysUnavailableError, TokenError, TokenVerifier

MAX_BODY_BYTES = 4 * 1024 * 1024
_MAX_TOKEN_CHARS = 8 * 1024
_RETRY_AFTER_S = 5
_VERSION = "a2a-version"


class Gate:
    """Admits a caller by its ID token and sets its name; without a verifier everyone is the local caller.

    A refusal is 401, 403 or 503 in JSON-RPC's form; the handlers behind it only know status 200.
    """

    def __init__(
        self,
        app: ASGIApp,
        verifier: TokenVerifier | None,
        allowed_emails: frozenset[str],
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._app = app
        self._verifier = verifier
        self._allowed_emails = allowed_emails
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = await self._judge(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if int(Headers(scope=scope).get("content-length") or 0) > self._max_body_bytes:
            await _refuse(413, "The request body is too large")(scope, receive, send)
            return
        _name_version(scope)
        await self._app(scope, receive, send)

    async def _judge(self, scope: Scope) -> Response | None:
        if self._verifier is None:
            scope["user"] = SimpleUser("local")
            return None
        values = Headers(scope=scope).getlist("authorization")
        if not values:
            return _refuse(401, "Authentication is required", 'Bearer realm="a2a"')
        token = _bearer(values)
        try:
            if token is None:
                raise TokenError("The Authorization header must be one Bearer token")
            email = await self._verifier.verify(token)
        except TokenError as error:
            return _refuse(
                401, str(error), f'Bearer realm="a2a", error="invalid_token", error_description="{error}"'
            )
        except KeysUnavailableError:
            return _refuse(503, "The issuer that vouches for callers cannot be reached")
        if email not in self._allowed_emails:
            return _refuse(
                403,
                "This caller is not on the list of machines",
                'Bearer realm="a2a", error="insufficient_scope"',
            )
        # No signed-in person can have such a user id; the service on AWS names machines in the same way.
        scope["user"] = SimpleUser(f"peer:{email}")
        return None


def _bearer(values: list[str]) -> str | None:
    scheme, _, token = values[0].partition(" ")
    is_one = len(values) == 1 and scheme.lower() == "bearer" and token != ""
    return token if is_one and not any(c in token for c in ", ") and len(token) <= _MAX_TOKEN_CHARS else None


def _refuse(status: int, message: str, challenge: str | None = None) -> Response:
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": message}}
    headers = {"www-authenticate": challenge} if challenge else {"retry-after": str(_RETRY_AFTER_S)}
    return JSONResponse(body, status_code=status, headers=headers)


def _name_version(scope: Scope) -> None:
    """A client may set the version in the query instead (A2A 1.0, 3.6)."""
    headers = MutableHeaders(scope=scope)
    named = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("A2A-Version")
    if named and not headers.get(_VERSION):
        headers[_VERSION] = named[0]
