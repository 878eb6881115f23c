"""Messages that refer to files: the model gets the bytes, and the files go with their session."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.routing import APIRoute
from google.adk.artifacts.artifact_util import parse_artifact_uri
from google.adk.artifacts.base_artifact_service import BaseArtifactService
from google.adk.plugins.base_plugin import BasePlugin
from google.adk.sessions.base_session_service import BaseSessionService
from google.genai import types

if TYPE_CHECKING:
    from google.adk.agents.callback_context import CallbackContext
    from google.adk.agents.invocation_context import InvocationContext
    from google.adk.models import LlmRequest, LlmResponse

# The same as in backend/model/referenced-files.ts.
MAX_FILE_BYTES = 14_000_000
PLUGIN = f"{__name__}.ReferencedFiles"
_SCHEME = "artifact://"


class ReferencedFiles(BasePlugin):
    """Puts an artifact's bytes into each model request whose messages refer to it.

    google-adk sends such a reference as it is, and Gemini refuses it: every later turn would fail. The newest
    files come first; what has no room, is gone, or belongs to another session becomes a sentence.
    """

    async def before_model_callback(
        self, *, callback_context: CallbackContext, llm_request: LlmRequest
    ) -> LlmResponse | None:
        """Changes the request only; the session keeps its references."""
        if any(_is_reference(part) for content in llm_request.contents for part in content.parts or []):
            context = callback_context._invocation_context  # the only access to the artifact service
            llm_request.contents = await _resolved(llm_request.contents, context)


async def _resolved(contents: list[types.Content], context: InvocationContext) -> list[types.Content]:
    room = MAX_FILE_BYTES
    resolved: list[types.Content] = []
    for content in reversed(contents):
        parts: list[types.Part] = []
        for part in reversed(content.parts or []):
            read = await _read(part.file_data, context, room) if _is_reference(part) else part
            room -= len((read.inline_data and read.inline_data.data) or read.text or "")
            parts.insert(0, read)
        resolved.insert(0, content.model_copy(update={"parts": parts}) if content.parts else content)
    return resolved


async def _read(file: types.FileData, context: InvocationContext, room: int) -> types.Part:
    parsed = parse_artifact_uri(file.file_uri)
    name = json.dumps(file.display_name or (parsed and parsed.filename) or "file", ensure_ascii=False)
    session = context.session
    artifact = None
    if (
        parsed
        and context.artifact_service
        and (parsed.app_name, parsed.user_id) == (session.app_name, session.user_id)
        and parsed.session_id in (None, session.id)
    ):
        artifact = await context.artifact_service.load_artifact(
            app_name=session.app_name,
            user_id=session.user_id,
            session_id=session.id,
            filename=parsed.filename,
            version=parsed.version,
        )
    if not artifact:
        return types.Part(text=f"[The file {name} is not stored in this conversation any more.]")
    blob = artifact.inline_data
    if not blob:
        return artifact
    if len(blob.data or b"") > room:
        return types.Part(text=f"[The file {name} was left out: newer files fill this request.]")
    return types.Part(inline_data=types.Blob(data=blob.data, mime_type=file.mime_type or blob.mime_type))


def _is_reference(part: types.Part) -> bool:
    return bool(part.file_data and (part.file_data.file_uri or "").startswith(_SCHEME))


def add_session_deletion(app: FastAPI, sessions: BaseSessionService, artifacts: BaseArtifactService) -> None:
    """Deletes a session with its artifacts; google-adk's own route leaves them behind."""

    async def delete_session(app_name: str, user_id: str, session_id: str) -> None:
        owner = {"app_name": app_name, "user_id": user_id, "session_id": session_id}
        for name in await artifacts.list_artifact_keys(**owner):
            # The user's other sessions share these.
            if not name.startswith("user:"):
                await artifacts.delete_artifact(**owner, filename=name)
        await sessions.delete_session(**owner)

    path = "/apps/{app_name}/users/{user_id}/sessions/{session_id}"
    app.router.routes.insert(0, APIRoute(path, delete_session, methods=["DELETE"]))
