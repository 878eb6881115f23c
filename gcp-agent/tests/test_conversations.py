"""Limits for what a turn reads: the conversation, and the model's answer."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from google.adk.events.event import Event
from google.adk.models.llm_request import LlmRequest
from google.adk.models.registry import LLMRegistry
from google.genai import types
from google.genai.errors import APIError

from gcp_agent import bounded_model, conversations, sqlite_sessions
from gcp_agent.app import create_app
from gcp_agent.bounded_model import BoundedGemini
from gcp_agent.bytes_in_flight import BytesInFlight, hold_conversation
from gcp_agent.settings import read_settings
from gcp_agent.sqlite_sessions import BoundedSqliteSessions
from gcp_agent.state_bounds import NotStorableError

MODEL = "gemini-any"
OWNER = {"app_name": "lornu", "user_id": "ann"}


def said(text: str, author: str = "user") -> Event:
    return Event(author=author, content=types.Content(role="user", parts=[types.Part(text=text)]))


def test_a_conversation_takes_messages_up_to_its_limit_and_always_the_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(conversations, "MAX_CONVERSATION_BYTES", 1_000)

    async def talk() -> None:
        sessions = BoundedSqliteSessions(str(tmp_path / "s.db"))
        session = await sessions.create_session(**OWNER, session_id="s")
        await sessions.append_event(session, said("x" * 900))
        with pytest.raises(NotStorableError, match=r"1100 bytes, and 1000 are the most\. Begin"):
            await sessions.append_event(session, said("x" * 200))
        await sessions.append_event(session, said("x" * 200, "lornu"))
        again = await sessions.get_session(**OWNER, session_id="s")
        assert [event.author for event in again.events] == ["user", "lornu"]
        file = types.Part(inline_data=types.Blob(data=b"x" * 600, mime_type="a/b"))
        new = await sessions.create_session(**OWNER, session_id="new")
        for part in (file, types.Part(function_response=types.FunctionResponse(response={"a": "x" * 700}))):
            await sessions.append_event(new, Event(author="lornu", content=types.Content(parts=[part])))
        with pytest.raises(NotStorableError):
            await sessions.append_event(new, said("x"))

    asyncio.run(talk())


def test_a_message_without_room_is_the_callers_fault(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(conversations, "MAX_CONVERSATION_BYTES", 1_000)
    app = create_app(read_settings({"DATA_DIR": str(tmp_path / "data")}))
    client = TestClient(app, base_url="http://127.0.0.1:8080", raise_server_exceptions=False)
    client.post("/apps/lornu/users/ann/sessions/s")
    turn = {"appName": "lornu", "userId": "ann", "sessionId": "s"}
    answer = client.post("/run", json={**turn, "newMessage": {"parts": [{"text": "x" * 2_000}]}})
    assert (answer.status_code, answer.json()["detail"][:30]) == (422, "This conversation is too long:")
    small = {**turn, "newMessage": {"parts": [{"text": "hi"}]}}
    answer = client.post("/run", json={**small, "customMetadata": {"a": "x" * 20_000}})
    assert (answer.status_code, answer.json()["detail"][:23]) == (422, "The metadata of a turn ")


def test_a_conversation_is_counted_before_it_is_read(tmp_path, monkeypatch):
    held: list[int] = []
    monkeypatch.setattr(sqlite_sessions, "hold_conversation", held.append)

    async def read() -> None:
        sessions = BoundedSqliteSessions(str(tmp_path / "s.db"))
        session = await sessions.create_session(**OWNER, session_id="s")
        await sessions.append_event(session, said("x" * 5_000))
        await sessions.get_session(**OWNER, session_id="s")

    asyncio.run(read())
    assert len(held) == 1
    assert held[0] > 5_000


def test_conversations_in_flight_have_a_share_for_each_caller():
    reading, ended = asyncio.Event(), asyncio.Event()
    statuses: list[int] = []

    async def reads(scope: dict, receive: Callable, send: Callable) -> None:
        hold_conversation(scope["size"])
        reading.set()
        await ended.wait()
        # What is read after the answer is not counted: nobody would release it.
        asyncio.get_running_loop().call_soon(hold_conversation, scope["size"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def attack() -> None:
        app = BytesInFlight(reads, largest_body=1_000_000)

        async def ask(caller: str, size: int) -> int:
            async def send(message: dict) -> None:
                statuses.append(message.get("status", 0))

            scope = {"type": "http", "headers": [], "client": (caller, 1), "size": size}
            await app(scope, None, send)
            return statuses[0]

        # One conversation may be larger than a share: it counts as a whole share.
        first = asyncio.create_task(ask("ann", 5_000_000))
        await reading.wait()
        assert await ask("ann", 100_000) == 429
        second = asyncio.create_task(ask("ben", 1_000_000))
        await asyncio.sleep(0)
        statuses.clear()
        assert await ask("cat", 100_000) == 429
        ended.set()
        await asyncio.gather(first, second)
        await asyncio.sleep(0)
        assert app._conversations == {}

    asyncio.run(attack())
    hold_conversation(10**12)


@contextmanager
def model(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A model that answers as told; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            with suppress(OSError):
                answer(self)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def chunk(text: str) -> bytes:
    return json.dumps({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]}).encode()


def asked(url: str, monkeypatch: pytest.MonkeyPatch, stream: bool) -> int:
    """The characters of a model's answer."""
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", url)
    monkeypatch.setenv("GEMINI_API_KEY", "x")
    monkeypatch.delenv("GOOGLE_GENAI_USE_VERTEXAI", raising=False)

    async def ask() -> int:
        request = LlmRequest(
            model="gemini-any", contents=[types.Content(role="user", parts=[types.Part(text="hi")])]
        )
        llm = LLMRegistry.new_llm("gemini-any")
        assert isinstance(llm, BoundedGemini)
        size = 0
        async for response in llm.generate_content_async(request, stream=stream):
            size += len(response.content.parts[0].text) if response.content else 0
        return size

    return asyncio.run(ask())


@pytest.fixture(autouse=True)
def bounded(monkeypatch):
    bounded_model.register_bounded_model()
    monkeypatch.setattr(bounded_model, "MAX_ANSWER_BYTES", 200_000)


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_read_up_to_its_limit(monkeypatch, stream):
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("content-type", "text/event-stream" if stream else "application/json")
        request.end_headers()
        for _ in range(1_000):
            piece = chunk("x" * 50_000)
            request.wfile.write(b"data: " + piece + b"\r\n\r\n" if stream else piece)
            sent.append(len(piece))

    with model(endless) as url, pytest.raises(APIError, match="at most 200000 bytes"):
        asked(url, monkeypatch, stream)
    assert sum(sent) < 30_000_000


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_below_the_limit_is_whole(monkeypatch, stream):
    def whole(request: BaseHTTPRequestHandler) -> None:
        assert request.headers["accept-encoding"] == "identity"
        body = chunk("x" * 50_000)
        body = b"data: " + body + b"\r\n\r\n" if stream else body
        request.send_response(200)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with model(whole) as url:
        assert asked(url, monkeypatch, stream) >= 50_000


def test_a_compressed_answer_and_a_redirect_are_refused(monkeypatch):
    def compressed(request: BaseHTTPRequestHandler) -> None:
        body = gzip.compress(chunk("x" * 1_000_000))
        request.send_response(200)
        request.send_header("content-encoding", "gzip")
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    with model(compressed) as url, pytest.raises(APIError, match="gzip, which was not asked for"):
        asked(url, monkeypatch, stream=False)
    called: list[str] = []

    def noted(request: BaseHTTPRequestHandler) -> None:
        called.append(request.path)

    with model(noted) as elsewhere:

        def redirects(request: BaseHTTPRequestHandler) -> None:
            request.send_response(307)
            request.send_header("location", elsewhere)
            request.send_header("content-length", "0")
            request.end_headers()

        with model(redirects) as url, pytest.raises(APIError):
            asked(url, monkeypatch, stream=False)
    assert called == []
