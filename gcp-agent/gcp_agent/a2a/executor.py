"""Runs the agent for an A2A message: streams its text, without its tool calls and internal error messages."""

from __future__ import annotations

import json
import logging
import uuid

from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.tasks import TaskUpdater
from a2a.types import Message, Part, Task, TaskState, TaskStatus
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.events.event import Event
from google.adk.runners import Runner
from google.genai import types
from google.genai.errors import APIError
from google.protobuf.json_format import MessageToDict

from gcp_agent.a2a.hops import HOPS_KEY, hops_of
from gcp_agent.turns import MaintenanceError, SessionBusyError, SessionKey, turn_of

logger = logging.getLogger(__name__)


class AdkExecutor(AgentExecutor):
    """Replaces google-adk's executor, which sends everything twice, shows tool calls and sends exception
    texts."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        """One turn: first the task, then its answer in chunks, then its final status."""
        if context.message is None or context.task_id is None or context.context_id is None:
            raise ValueError("An A2A request without a message or ids.")
        if context.current_task is None:
            submitted = TaskStatus(state=TaskState.TASK_STATE_SUBMITTED)
            await event_queue.enqueue_event(
                Task(
                    id=context.task_id,
                    context_id=context.context_id,
                    status=submitted,
                    history=[context.message],
                )
            )
        logger.info("asked over A2A by %s", context.call_context.user.user_name)
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        await updater.start_work()
        try:
            async with turn_of(self._runner.session_service, self._session_of(context)):
                await self._run(context, updater)
        except SessionBusyError:
            await updater.failed(_say(updater, "This conversation has a turn under way; try again soon."))
        except MaintenanceError as error:
            await updater.failed(_say(updater, str(error)))
        except APIError as error:
            logger.warning("The model refused an A2A turn: %s %s", error.code, error.status)
            await updater.failed(_say(updater, f"The model refused: {error.code} {error.status}."))
        except Exception:
            logger.exception("An A2A turn failed")
            await updater.failed(_say(updater, "The agent failed; its log says why."))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """Reports the cancellation; the SDK then ends `execute`, and with it the model call."""
        await TaskUpdater(event_queue, context.task_id or "", context.context_id or "").cancel()

    async def _run(self, context: RequestContext, updater: TaskUpdater) -> None:
        user_id, session_id = context.call_context.user.user_name, context.context_id or ""
        await self._open_session(user_id, session_id)
        hops = max(hops_of(MessageToDict(context.message.metadata)), hops_of(context.metadata))
        answer = Answer(updater)
        pending: set[str] = set()
        turn = self._runner.run_async(
            user_id=user_id,
            session_id=session_id,
            new_message=types.Content(role="user", parts=[_to_genai(part) for part in context.message.parts]),
            run_config=RunConfig(streaming_mode=StreamingMode.SSE, custom_metadata={HOPS_KEY: hops}),
        )
        async for event in turn:
            if event.error_code and not event.content:
                await updater.failed(_say(updater, f"The turn failed: {event.error_code}."))
                return
            pending |= event.long_running_tool_ids or set()
            await answer.take(event)
        if pending:
            question = (
                "A person has to confirm this where the agent runs; it cannot be confirmed by another agent."
            )
            await updater.requires_input(_say(updater, question))
        else:
            await updater.complete()

    def _session_of(self, context: RequestContext) -> SessionKey:
        user_id = context.call_context.user.user_name
        return SessionKey(self._runner.app_name, user_id, context.context_id or "")

    async def _open_session(self, user_id: str, session_id: str) -> None:
        service, app_name = self._runner.session_service, self._runner.app_name
        if not await service.get_session(app_name=app_name, user_id=user_id, session_id=session_id):
            await service.create_session(app_name=app_name, user_id=user_id, session_id=session_id)


class Answer:
    """The agent's answer as artifacts: chunks are appended to one, then the whole text replaces them."""

    def __init__(self, updater: TaskUpdater) -> None:
        self._updater = updater
        self._artifact_id: str | None = None

    async def take(self, event: Event) -> None:
        """Passes on the text of an event, if it has any."""
        parts = [part for part in (event.content.parts or [] if event.content else []) if not part.thought]
        text = "".join(part.text or "" for part in parts)
        if not text:
            return
        is_first = self._artifact_id is None
        artifact_id = self._artifact_id or str(uuid.uuid4())
        is_whole = not event.partial
        self._artifact_id = None if is_whole else artifact_id
        await self._updater.add_artifact(
            [Part(text=text)],
            artifact_id=artifact_id,
            append=not is_first and not is_whole,
            last_chunk=is_whole,
        )


def _say(updater: TaskUpdater, text: str) -> Message:
    return updater.new_agent_message([Part(text=text)])


def _to_genai(part: Part) -> types.Part:
    match part.WhichOneof("content"):
        case "raw":
            return types.Part(
                inline_data=types.Blob(data=part.raw, mime_type=part.media_type or "application/octet-stream")
            )
        case "data":
            return types.Part(text=json.dumps(MessageToDict(part.data), ensure_ascii=False))
        case _:
            return types.Part(text=part.text)
