"""Refuses input at which google-adk's routes would fail, in FastAPI's form."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gcp_agent.bytes_in_flight import BytesInFlight
from gcp_agent.store_failures import add_store_failures

# As on AWS: 4 MiB, and a file of 32 MiB as base64.
MAX_BODY_BYTES = 4 * 1024 * 1024 + -(-32 * 1024 * 1024 // 3) * 4
# As on AWS: a message with its files as base64.
MAX_MESSAGE_BYTES = 20 * 1024 * 1024
_MESSAGE_PATHS = {"/run", "/run_sse"}
_MOST_ISSUES = 50
# A name, an IPv4 address or an IPv6 address in brackets, with or without a port.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_NUMBERS_ALONE = re.compile(r"[0-9.]+")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")


def add_refusals(app: FastAPI) -> None:
    """Adds the checks outside of all code that reads a request: add it after other middleware."""
    app.add_middleware(BytesInFlight, largest_body=MAX_BODY_BYTES)
    app.add_middleware(BodyLimit)
    app.add_middleware(HostCheck)
    add_store_failures(app)
    app.add_exception_handler(RequestValidationError, _answer_issues)
    app.add_exception_handler(UnicodeEncodeError, _answer_half_character)


class BodyLimit:
    """413 for a body that is too large, with or without a length."""

    def __init__(self, app: ASGIApp) -> None:
        self._messages = RequestBodyLimitMiddleware(app, max_body_size=MAX_MESSAGE_BYTES)
        self._others = RequestBodyLimitMiddleware(app, max_body_size=MAX_BODY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Chooses the limit by the path."""
        limit = self._messages if scope.get("path") in _MESSAGE_PATHS else self._others
        await limit(scope, receive, send)


class HostCheck:
    """400 for a Host that is not a host name: a redirect to it could not be written."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on anything but HTTP requests."""
        if scope["type"] == "http" and not is_host(Headers(scope=scope).getlist("host")):
            refusal = JSONResponse({"detail": "Invalid host header"}, status_code=HTTPStatus.BAD_REQUEST)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_host(values: list[str]) -> bool:
    """Whether there is exactly one valid Host."""
    if len(values) != 1 or not _HOST.fullmatch(values[0]):
        return False
    name = values[0].rsplit(":", 1)[0] if not values[0].endswith("]") else values[0]
    return not _NUMBERS_ALONE.fullmatch(name) or _IPV4.fullmatch(name) is not None


async def _answer_issues(request: Request, error: Exception) -> Response:
    """FastAPI's response with at most 50 issues; values that JSON cannot hold (NaN, half a character) are
    left out."""
    refused = cast(RequestValidationError, error)
    issues = list(refused.errors()[:_MOST_ISSUES])
    try:
        return await request_validation_exception_handler(request, RequestValidationError(issues))
    except (ValueError, RecursionError):
        told = [{key: issue[key] for key in ("type", "loc", "msg")} for issue in issues]
        return JSONResponse({"detail": told}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)


async def _answer_half_character(_request: Request, _error: Exception) -> Response:
    detail = "A text holds half of a surrogate pair, which no store can keep."
    return JSONResponse({"detail": detail}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
