"""The size limit of a conversation, and its share of the bytes in flight: as in the service on AWS
(docs/storage.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from google.adk.events.event import Event
from google.adk.sessions.session import Session

from gcp_agent.state_bounds import NotStorableError

MAX_CONVERSATION_BYTES = 32 * 1024 * 1024
# Each event and each piece of an answer repeats them.
_MAX_METADATA_BYTES = 16 * 1024
_MAX_ID_CHARS = 512


def size_of(events: Iterable[Event]) -> int:
    """The characters of their texts, files (as base64), tool calls and results; nothing else is large."""
    parts = (part for event in events for part in (event.content and event.content.parts) or [])
    size = 0
    for part in parts:
        size += len(part.text or "")
        if part.inline_data and part.inline_data.data:
            size += -(-len(part.inline_data.data) // 3) * 4
        for call in (part.function_call and part.function_call.args, _response_of(part)):
            size += len(json.dumps(call, default=str)) if call else 0
    return size


def _response_of(part: object) -> object:
    response = getattr(part, "function_response", None)
    return response and response.response


def assert_room_for(session: Session, event: Event) -> None:
    """Raises NotStorableError if the conversation has no room for this message, or its metadata is too large.

    An agent's answer is always stored, so that a turn that has begun can finish.
    """
    if event.author != "user":
        return
    metadata = json.dumps(event.custom_metadata, ensure_ascii=False, default=str)
    if len(metadata.encode()) > _MAX_METADATA_BYTES:
        raise NotStorableError(f"The metadata of a turn has at most {_MAX_METADATA_BYTES} bytes as JSON.")
    if len(event.invocation_id) > _MAX_ID_CHARS:
        raise NotStorableError(f"The id of an invocation has at most {_MAX_ID_CHARS} characters.")
    size = size_of([*session.events, event])
    if size > MAX_CONVERSATION_BYTES:
        words = (
            f"This conversation is too long: with this message it would hold {size} bytes, and "
            f"{MAX_CONVERSATION_BYTES} are the most. Begin a new session."
        )
        raise NotStorableError(words)
