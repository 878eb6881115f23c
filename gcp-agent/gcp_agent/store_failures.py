"""Refusals and outages of a store, reported as the service on AWS does (docs/errors.md)."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, RetryError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from gcp_agent.state_bounds import NotStorableError

_RETRY_AFTER = {"retry-after": "2"}


def add_store_failures(app: FastAPI) -> None:
    """422 for values that cannot be stored, 503 while the store does not answer: neither is a bug of ours.

    Also if google-adk has wrapped the error in an internal one.
    """

    async def answer(request: Request, error: Exception) -> Response:
        refusal = refusal_of(error) or refusal_of(error.__cause__)
        return refusal or await http_exception_handler(request, cast(HTTPException, error))

    for kind in (NotStorableError, GoogleAPICallError, RetryError, HTTPException):
        app.add_exception_handler(kind, answer)


def refusal_of(error: BaseException | None) -> Response | None:
    """None for other errors. Google's own text is not passed on: it may name the project."""
    if isinstance(error, NotStorableError):
        return JSONResponse({"detail": str(error)}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(error, InvalidArgument):
        detail = "The session store cannot hold this."
        return JSONResponse({"detail": detail}, status_code=HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(error, GoogleAPICallError | RetryError):
        detail = "The store did not answer in time."
        return JSONResponse(
            {"detail": detail}, status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=_RETRY_AFTER
        )
    return None
