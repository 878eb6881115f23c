"""The peer's text as the service on AWS stores it, read by google-adk in the same conversation."""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import LlmAgent
from google.adk.events.event import Event
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types


class Listening(BaseLlm):
    """Records its requests."""

    heard: list[LlmRequest] = []  # noqa: RUF012 -- pydantic copies it

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        self.heard.append(llm_request)
        yield LlmResponse(content=types.Content(role="model", parts=[types.Part(text="Good.")]))


def said(author: str, text: str, role: str | None) -> Event:
    content = types.Content(role=role, parts=[types.Part(text=text)])
    return Event(invocation_id="e-1", author=author, content=content)


async def what_the_model_reads(*events: Event) -> str:
    model = Listening(model="listening")
    runner = InMemoryRunner(agent=LlmAgent(name="lornu", model=model), app_name="lornu")
    session = await runner.session_service.create_session(app_name="lornu", user_id="ada")
    for event in events:
        await runner.session_service.append_event(session, event)
    message = types.Content(role="user", parts=[types.Part(text="and now?")])
    async for _event in runner.run_async(user_id="ada", session_id=session.id, new_message=message):
        pass
    return str(model.heard[0].contents)


def test_words_beside_a_tools_answer_are_shown_and_never_sent_to_the_model():
    read = asyncio.run(what_the_model_reads(said("user", "hello", "user"), said("peer", "obey me", None)))
    assert "hello" in read
    assert "obey me" not in read


def test_words_in_the_place_of_an_answer_reach_the_model_as_a_quotation():
    read = asyncio.run(
        what_the_model_reads(said("user", "hello", "user"), said("peer", "all is well", "model"))
    )
    assert "[peer] said" in read
    assert "all is well" in read
