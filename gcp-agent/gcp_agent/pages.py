"""Paged lists, where google-adk's own routes would return everything (docs/wire.md)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import FastAPI, Query, Request, Response
from fastapi.routing import APIRoute
from google.adk.artifacts.base_artifact_service import ArtifactVersion, BaseArtifactService

# The names of evaluations' sessions, and how secrets are left out, are google-adk's.
from google.adk.cli.api_server import (
    _LEGACY_EVAL_SESSION_ID_PREFIX,
    EVAL_SESSION_ID_PREFIX,
    _redacted_session_response,
)
from google.adk.sessions.base_session_service import BaseSessionService
from starlette.responses import JSONResponse

from gcp_agent.session_pages import BadCursorError, PagedSessions

_NEXT = "x-next-cursor"
_MEMBERS_A_PAGE = 1_000
# Each is a call of the store.
_DESCRIBED_A_PAGE = 100

_SESSIONS = "/apps/{app_name}/users/{user_id}/sessions"
_ARTIFACTS = f"{_SESSIONS}/{{session_id}}/artifacts"
_VERSIONS = f"{_ARTIFACTS}/{{artifact_name:path}}/versions"

_Limit = Annotated[int | None, Query(ge=1)]
_Member = TypeVar("_Member")


def add_pages(app: FastAPI, sessions: BaseSessionService, artifacts: BaseArtifactService) -> None:
    """Adds paged lists before google-adk's own routes."""

    async def list_sessions(
        app_name: str, user_id: str, limit: _Limit = None, cursor: str | None = None
    ) -> Response:
        page = await sessions.list_page(app_name, user_id, limit, cursor)
        prefixes = (EVAL_SESSION_ID_PREFIX, _LEGACY_EVAL_SESSION_ID_PREFIX)
        listed = [session for session in page.sessions if not session.id.startswith(prefixes)]
        # google-adk lists the oldest first. It has no pages; ours begin with the newest.
        if limit is None and cursor is None:
            listed.reverse()
        answer = _redacted_session_response(listed)
        if page.next_cursor is not None:
            answer.headers[_NEXT] = page.next_cursor
        return answer

    async def list_names(
        response: Response,
        app_name: str,
        user_id: str,
        session_id: str,
        limit: _Limit = None,
        cursor: str | None = None,
    ) -> list[str]:
        names = await artifacts.list_artifact_keys(app_name=app_name, user_id=user_id, session_id=session_id)
        return _page(names, str, limit or _MEMBERS_A_PAGE, cursor, response)

    async def list_versions(
        response: Response,
        app_name: str,
        user_id: str,
        session_id: str,
        artifact_name: str,
        limit: _Limit = None,
        cursor: str | None = None,
    ) -> list[int]:
        file = {"app_name": app_name, "user_id": user_id, "session_id": session_id, "filename": artifact_name}
        return _page(await artifacts.list_versions(**file), str, limit or _MEMBERS_A_PAGE, cursor, response)

    async def list_described(
        response: Response,
        app_name: str,
        user_id: str,
        session_id: str,
        artifact_name: str,
        limit: _Limit = None,
        cursor: str | None = None,
    ) -> list[ArtifactVersion]:
        file = {"app_name": app_name, "user_id": user_id, "session_id": session_id, "filename": artifact_name}
        most = min(limit or _DESCRIBED_A_PAGE, _DESCRIBED_A_PAGE)
        versions = _page(await artifacts.list_versions(**file), str, most, cursor, response)
        found = await asyncio.gather(
            *(artifacts.get_artifact_version(**file, version=version) for version in versions)
        )
        return [version for version in found if version is not None]

    routes: list[tuple[str, Callable]] = [
        (f"{_VERSIONS}/metadata", list_described),
        (_VERSIONS, list_versions),
        (_ARTIFACTS, list_names),
    ]
    if isinstance(sessions, PagedSessions):
        routes.append((_SESSIONS, list_sessions))
    for path, endpoint in reversed(routes):
        route = APIRoute(path, endpoint, methods=["GET"], response_model_exclude_none=True)
        app.router.routes.insert(0, route)

    @app.exception_handler(BadCursorError)
    async def refuse(_request: Request, error: BadCursorError) -> Response:
        return JSONResponse({"detail": str(error)}, status_code=HTTPStatus.BAD_REQUEST)


def _page(
    members: Sequence[_Member],
    name_of: Callable[[_Member], str],
    limit: int,
    cursor: str | None,
    response: Response,
) -> list[_Member]:
    """One page of a list with small members; the header holds the next page's cursor."""
    names = [name_of(member) for member in members]
    start = 0
    if cursor is not None:
        try:
            start = names.index(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()) + 1
        except ValueError:
            raise BadCursorError("This is not a cursor of this list.") from None
    end = start + min(limit, _MEMBERS_A_PAGE)
    if end < len(names):
        response.headers[_NEXT] = base64.urlsafe_b64encode(names[end - 1].encode()).decode().rstrip("=")
    return list(members[start:end])
