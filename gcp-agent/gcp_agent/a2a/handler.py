"""Refusals before anything runs, the same in both versions: the 0.3 layer calls the same handler."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from a2a.server.context import ServerCallContext
from a2a.server.events import Event
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.types import Message, SendMessageRequest, Task
from a2a.utils.errors import ContentTypeNotSupportedError, InvalidParamsError
from google.protobuf.json_format import MessageToDict

from gcp_agent.a2a.hops import MOST_HOPS, hops_of

_MOST_PARTS = 64
# google-adk's markers on parts: tool calls and responses, which no peer may send.
_ADK_PREFIX = "adk_"


class GuardedHandler(DefaultRequestHandler):
    """google-adk's handler with checks of the message."""

    async def on_message_send(self, params: SendMessageRequest, context: ServerCallContext) -> Message | Task:
        """See the base class; raises A2AError for what is refused."""
        check_message(params)
        return await super().on_message_send(params, context)

    async def on_message_send_stream(
        self, params: SendMessageRequest, context: ServerCallContext
    ) -> AsyncGenerator[Event, None]:
        """See the base class; raises A2AError for what is refused."""
        check_message(params)
        async for event in super().on_message_send_stream(params, context):
            yield event


def check_message(params: SendMessageRequest) -> None:
    """Raises A2AError for too many hops, and for parts that would control the agent or make us fetch
    addresses."""
    for metadata in (params.message.metadata, params.metadata):
        if hops_of(_to_dict(metadata)) > MOST_HOPS:
            raise InvalidParamsError(
                message="This question has passed through too many agents; ask its author instead."
            )
    if len(params.message.parts) > _MOST_PARTS:
        raise InvalidParamsError(message=f"A message has at most {_MOST_PARTS} parts.")
    for part in params.message.parts:
        if part.WhichOneof("content") == "url":
            raise ContentTypeNotSupportedError(message="Send files by value: addresses are not fetched here.")
        if any(key.startswith(_ADK_PREFIX) for key in _to_dict(part.metadata)):
            raise InvalidParamsError(message="Calls and answers of tools are not taken from other agents.")


def _to_dict(struct: Any) -> dict[str, Any]:  # noqa: ANN401 -- protobuf's Struct has no types
    return MessageToDict(struct)
