"""A scripted agent behind google-adk's own to_a2a: a peer that is not our code."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator

import uvicorn
from google.adk.a2a.utils.agent_to_a2a import to_a2a
from google.adk.agents import BaseAgent
from google.adk.agents.invocation_context import InvocationContext
from google.adk.events.event import Event
from google.genai import types

PICTURE = types.Blob(data=b"\x89PNG", mime_type="image/png", display_name="a.png")


class Scripted(BaseAgent):
    """An agent scripted by the last word of the message. agent.ts is the same agent in TypeScript."""

    async def _run_async_impl(self, ctx: InvocationContext) -> AsyncGenerator[Event, None]:
        def say(*parts: types.Part, **more: object) -> Event:
            content = types.Content(role="model", parts=list(parts))
            return Event(invocation_id=ctx.invocation_id, author=self.name, content=content, **more)

        match ctx.user_content.parts[0].text.split()[-1]:
            case "file":
                yield say(types.Part(text="Here it is: "), types.Part(inline_data=PICTURE))
            case "tool":
                call = types.FunctionCall(id="c1", name="secret_tool", args={"key": "hidden"})
                answer = types.FunctionResponse(id="c1", name="secret_tool", response={"value": "hidden"})
                yield say(types.Part(function_call=call))
                yield say(types.Part(function_response=answer))
                yield say(types.Part(text="Done with the tool."))
            case "confirm":
                call = types.FunctionCall(id="c2", name="ask_a_person", args={})
                yield say(types.Part(function_call=call), long_running_tool_ids={"c2"})
            case "fail":
                raise ValueError("secret of the peer")
            case "endless":
                while True:
                    yield say(types.Part(text="and on "))
                    await asyncio.sleep(0.02)
            case _:
                yield say(types.Part(text="All is well."))


with socket.socket() as listener:
    listener.bind(("127.0.0.1", 0))
    # From now on callers wait until the server accepts them.
    listener.listen()
    port = listener.getsockname()[1]
    app = to_a2a(Scripted(name="stock", description="A scripted agent."), host="127.0.0.1", port=port)
    print(json.dumps({"url": f"http://127.0.0.1:{port}"}), flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
    sys.exit(0)
