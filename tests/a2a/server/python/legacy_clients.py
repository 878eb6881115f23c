"""The client of a2a-sdk 0.3: `legacy_clients.py URL`. One JSON object on stdout: what it saw over each transport."""

import asyncio
import json
import sys
import uuid
from typing import Any

import httpx
from a2a.client import A2ACardResolver, Client, ClientConfig, ClientFactory
from a2a.types import Message, Part, Role, TaskIdParams, TextPart, TransportProtocol

URL = sys.argv[1]
LONG = "tell me a story in 60 chunks every 50 ms"
SHORT = "tell me a story in 20 chunks every 20 ms"


def message(text: str) -> Message:
    return Message(message_id=str(uuid.uuid4()), role=Role.user, parts=[Part(root=TextPart(text=text))])


async def begun(client: Client, text: str) -> str:
    """A task that continues without listeners."""
    async for task, _update in client.send_message(message(text)):
        return task.id
    raise RuntimeError("no task")


async def saw(transport: TransportProtocol) -> dict[str, Any]:
    async with httpx.AsyncClient(timeout=20) as http:
        card = await A2ACardResolver(http, URL).get_agent_card()
        config = ClientConfig(
            httpx_client=http, supported_transports=[transport], use_client_preference=True
        )
        client = ClientFactory(config).create(card)
        streamed = [task async for task, _update in client.send_message(message("hello"))][-1]
        cancelled = await client.cancel_task(TaskIdParams(id=await begun(client, LONG)))
        task_id = await begun(client, SHORT)
        again = [task async for task, _update in client.resubscribe(TaskIdParams(id=task_id))][-1]
        asked = [task async for task, _update in client.send_message(message("call delete_notes"))][-1]
        return {
            "text": streamed.artifacts[0].parts[0].root.text,
            "states": [one.status.state.value for one in (streamed, cancelled, again, asked)],
        }


async def main() -> None:
    transports = [TransportProtocol.jsonrpc, TransportProtocol.http_json]
    found = await asyncio.gather(*(saw(transport) for transport in transports))
    json.dump({transport.value: one for transport, one in zip(transports, found, strict=True)}, sys.stdout)


asyncio.run(main())
