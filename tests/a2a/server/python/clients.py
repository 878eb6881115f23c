"""Clients of a2a-sdk 1.x and google-adk: `clients.py URL SIGNED_URL`. One JSON object on stdout: what each saw.

A scenario that fails is an entry with its exception in words.
"""

import asyncio
import base64
import json
import sys
import traceback
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.client.card_resolver import A2ACardResolver
from a2a.types import a2a_pb2 as pb
from a2a.utils.signing import create_signature_verifier
from google.adk.agents.remote_a2a_agent import RemoteA2aAgent
from google.adk.runners import InMemoryRunner
from google.genai import types
from google.protobuf import json_format, struct_pb2
from jwt.api_jwk import PyJWK

URL, SIGNED_URL = sys.argv[1:]
LONG = "tell me a story in 60 chunks every 50 ms"
SHORT = "tell me a story in 20 chunks every 20 ms"
found: dict[str, Any] = {}


async def scenario(name: str, run: Callable[[], Awaitable[Any]]) -> None:
    try:
        found[name] = await asyncio.wait_for(run(), 20)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        found[name] = f"{type(error).__name__}: {error} ({where.filename}:{where.lineno})"


def message(text: str, *more: pb.Part, **fields: Any) -> pb.Message:
    return pb.Message(
        message_id=str(uuid.uuid4()), role=pb.ROLE_USER, parts=[pb.Part(text=text), *more], **fields
    )


def state(status: pb.TaskStatus) -> str:
    return pb.TaskState.Name(status.state)


class Seen:
    """The items of a stream."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.text = ""
        self.task = pb.Task()
        self.states: list[str] = []
        self.question: pb.Part | None = None

    def take(self, response: pb.StreamResponse) -> None:
        kind = response.WhichOneof("payload")
        self.kinds.append(kind)
        if kind == "task":
            self.task = response.task
            self.text = "".join(part.text for one in response.task.artifacts for part in one.parts)
        elif kind == "artifact_update":
            text = "".join(part.text for part in response.artifact_update.artifact.parts)
            self.text = self.text + text if response.artifact_update.append else text
        elif kind == "status_update":
            self.states.append(state(response.status_update.status))
            for part in response.status_update.status.message.parts:
                if part.HasField("data"):
                    self.question = part

    def result(self) -> dict[str, Any]:
        return {"first": self.kinds[0], "kinds": sorted(set(self.kinds)), "text": self.text, "states": self.states}


async def listen(client: Any, sent: pb.Message) -> Seen:
    seen = Seen()
    async for response in client.send_message(pb.SendMessageRequest(message=sent)):
        seen.take(response)
    return seen


async def begun(client: Any, text: str) -> str:
    """A task that continues without listeners."""
    async for response in client.send_message(pb.SendMessageRequest(message=message(text))):
        return response.task.id
    raise RuntimeError("no task")


async def sdk(binding: str, version: str) -> None:
    http = httpx.AsyncClient(timeout=20)
    card = await A2ACardResolver(http, URL).get_agent_card()
    kept = [one for one in card.supported_interfaces if one.protocol_version == version]
    del card.supported_interfaces[:]
    card.supported_interfaces.extend(kept)

    def client(streaming: bool = True) -> Any:
        config = ClientConfig(streaming=streaming, httpx_client=http, supported_protocol_bindings=[binding])
        return ClientFactory(config).create(card)

    name = f"sdk {binding} {version}"

    async def send() -> Any:
        return (await listen(client(streaming=False), message("hello"))).result()

    async def stream() -> Any:
        return (await listen(client(), message("hello"))).result()

    async def cancel() -> Any:
        task_id = await begun(client(), LONG)
        return state((await client().cancel_task(pb.CancelTaskRequest(id=task_id))).status)

    async def subscribe() -> Any:
        task_id = await begun(client(), SHORT)
        seen = Seen()
        async for response in client().subscribe(pb.SubscribeToTaskRequest(id=task_id)):
            seen.take(response)
        task = await client().get_task(pb.GetTaskRequest(id=task_id))
        whole = "".join(part.text for one in task.artifacts for part in one.parts)
        return {**seen.result(), "same": seen.text == whole}

    async def confirm() -> Any:
        seen = await listen(client(), message("call delete_notes"))
        asked = json_format.MessageToDict(seen.question.data) if seen.question else {}
        answer = struct_pb2.Value()
        json_format.ParseDict({"id": asked.get("id"), "name": asked.get("name"), "response": {"confirmed": True}}, answer)
        part = pb.Part(data=answer)
        part.metadata.update({"adk_type": "function_response"})
        sent = pb.Message(
            message_id=str(uuid.uuid4()),
            role=pb.ROLE_USER,
            parts=[part],
            task_id=seen.task.id,
            context_id=seen.task.context_id,
        )
        done = await listen(client(), sent)
        return {"asked": asked.get("name"), "states": [*seen.states, *done.states], "same": done.task.id == seen.task.id}

    async def files() -> Any:
        image = pb.Part(raw=base64.b64decode("AAAA"), media_type="image/png", filename="dot.png")
        taken = await listen(client(streaming=False), message("What is this?", image))
        made = await listen(client(streaming=False), message("call draw_status_chart"))
        names = [(one.name, one.parts[0].media_type) for one in made.task.artifacts if one.parts[0].raw]
        return {"state": state(taken.task.status), "made": names}

    async def list_tasks() -> Any:
        listed = await client().list_tasks(pb.ListTasksRequest(page_size=1))
        return {"count": len(listed.tasks), "more": listed.next_page_token != ""}

    scenarios = {"send": send, "stream": stream, "cancel": cancel, "subscribe": subscribe, "confirm": confirm}
    # Over 0.3's REST this SDK encodes bytes twice; the specification and the JavaScript SDK do it once.
    if (binding, version) != ("HTTP+JSON", "0.3"):
        scenarios["files"] = files
    if version == "1.0":
        scenarios["list"] = list_tasks
    for what, run in scenarios.items():
        await scenario(f"{name} {what}", run)
    await http.aclose()


async def signature() -> Any:
    async with httpx.AsyncClient() as http:
        keys = (await http.get(f"{SIGNED_URL}/.well-known/jwks.json")).json()["keys"]

        def key(kid: str | None, _jku: str | None) -> PyJWK:
            return PyJWK(next(one for one in keys if one["kid"] == kid))

        verify = create_signature_verifier(key, ["ES256"])
        card = await A2ACardResolver(http, SIGNED_URL).get_agent_card(signature_verifier=verify)
        changed = pb.AgentCard()
        changed.CopyFrom(card)
        changed.security_schemes["other"].http_auth_security_scheme.scheme = "basic"
        try:
            verify(changed)
        except Exception as error:
            return {"schemes": len(card.security_schemes), "tampered": type(error).__name__}
        return "a changed card was taken"


async def adk() -> None:
    """google-adk's agent for remote agents, used as a parent agent would."""
    http = httpx.AsyncClient(timeout=20)
    agent = RemoteA2aAgent(name="remote", agent_card=f"{URL}/.well-known/agent-card.json", httpx_client=http)
    runner = InMemoryRunner(agent=agent, app_name="test")
    session = await runner.session_service.create_session(app_name="test", user_id="u")

    async def turn(*parts: types.Part) -> list[Any]:
        content = types.Content(role="user", parts=list(parts))
        return [
            event
            async for event in runner.run_async(user_id="u", session_id=session.id, new_message=content)
        ]

    def text_of(events: list[Any]) -> str:
        return "".join(
            part.text or ""
            for event in events
            if not event.partial and event.content
            for part in event.content.parts
            if not part.thought
        )

    async def say() -> Any:
        events = await turn(types.Part(text="hello"))
        return {"text": text_of(events), "errors": [event.error_message for event in events if event.error_message]}

    async def confirm() -> Any:
        asked = await turn(types.Part(text="call delete_notes"))
        calls = [
            part.function_call
            for event in asked
            if event.content
            for part in event.content.parts
            if part.function_call and part.function_call.id in (event.long_running_tool_ids or [])
        ]
        response = types.FunctionResponse(id=calls[-1].id, name=calls[-1].name, response={"confirmed": True})
        done = await turn(types.Part(function_response=response))
        return {"asked": calls[-1].name, "answered": text_of(done) != ""}

    await scenario("adk say", say)
    await scenario("adk confirm", confirm)
    await http.aclose()


async def main() -> None:
    spoken = [(binding, version) for binding in ("JSONRPC", "HTTP+JSON") for version in ("1.0", "0.3")]
    await asyncio.gather(*(sdk(binding, version) for binding, version in spoken), adk())
    await scenario("signature", signature)
    json.dump(found, sys.stdout)


asyncio.run(main())
