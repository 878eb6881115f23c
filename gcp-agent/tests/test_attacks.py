"""Attacks that once got through the service on AWS: none makes this one fail or fill its memory."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from google.adk.sessions.base_session_service import BaseSessionService
from google.api_core.exceptions import InvalidArgument, PermissionDenied, ResourceExhausted, RetryError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from gcp_agent.app import create_app
from gcp_agent.bytes_in_flight import BytesInFlight, caller_of
from gcp_agent.faults import Faults
from gcp_agent.firestore.turn_gate import TurnGate
from gcp_agent.refusals import MAX_BODY_BYTES, MAX_MESSAGE_BYTES, is_host
from gcp_agent.settings import read_settings
from gcp_agent.store_failures import add_store_failures

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - what it is told, not bound
JSON = {"content-type": "application/json"}


def client(tmp_path: Path, **environment: str) -> TestClient:
    settings = read_settings({"DATA_DIR": str(tmp_path / "data"), **environment})
    return TestClient(create_app(settings), base_url="http://127.0.0.1:8080", raise_server_exceptions=False)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """As behind a load balancer: a Host is not compared with a loopback address."""
    return client(tmp_path_factory.mktemp("public"), HOST=ANY_ADDRESS)


HOSTS = ["1.2.3.4.5", "a:b", "256.256.256.256", "[", "[::1", "127.0.0.1#", "a b", "%", "", "x" * 5000]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/health", "/list-apps/", "/nothing", "/apps/lornu/users/a/sessions/"])
def test_a_host_that_is_none_is_not_a_failure(public, host, path):
    assert public.get(path, headers={"host": host}, follow_redirects=False).status_code < 500


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(0, size, 1024 * 1024):
        yield b" " * 1024 * 1024


@pytest.mark.parametrize("path", ["/run", "/run_sse", "/apps/lornu/users/a/sessions", "/a2a/lornu"])
def test_a_body_has_a_limit_with_and_without_a_length(public, path):
    size = MAX_BODY_BYTES + 2 * 1024 * 1024
    assert public.post(path, content=pieces(size), headers=JSON).status_code in {413, 404}
    assert public.post(path, content=b" " * size, headers=JSON).status_code in {413, 404}


@pytest.mark.parametrize("path", ["/run", "/run_sse"])
def test_a_message_has_a_smaller_limit(public, path):
    size = MAX_MESSAGE_BYTES + 1
    assert public.post(path, content=pieces(size), headers=JSON).status_code == 413
    assert public.post(path, content=b" " * size, headers=JSON).status_code == 413
    assert public.post(path, content=b" " * MAX_MESSAGE_BYTES, headers=JSON).status_code == 422


class Held:
    """A request whose body does not end before the test ends it."""

    def __init__(self, app: ASGIApp, headers: dict[str, str], chunks: list[bytes]) -> None:
        self._chunks = chunks
        self._rest = asyncio.Event()
        self.status = 0
        scope = {
            "type": "http",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": ("10.0.0.1", 1),
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict:
        if self._chunks:
            return {"type": "http.request", "body": self._chunks.pop(0), "more_body": True}
        await self._rest.wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict) -> None:
        self.status = message.get("status", self.status)

    async def end(self) -> int:
        self._rest.set()
        await self.task
        return self.status


def token_of(email: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"email": email}).encode()).decode().rstrip("=")
    return f"Bearer e30.{claims}.x"


def test_bytes_in_flight_have_a_share_for_each_caller():
    async def reads(scope, receive, send):
        await Request(scope, receive).body()
        await JSONResponse({})(scope, receive, send)

    async def attack() -> None:
        app = BytesInFlight(reads, largest_body=1_000_000)
        ann, ben, cat = ({"authorization": token_of(name)} for name in ("ann@x", "ben@x", "cat@x"))
        declared = [Held(app, {**caller, "content-length": "900000"}, []) for caller in (ann, ben)]
        await asyncio.sleep(0)
        # A second one of the same caller, declared or not, and a third of another caller.
        assert await Held(app, {**ann, "content-length": "200000"}, []).end() == 429
        assert await Held(app, ann, [b"x" * 60_000] * 4).end() == 429
        assert await Held(app, {**cat, "content-length": "900000"}, []).end() == 429
        # Small requests of other callers always pass.
        assert await Held(app, {**cat, "content-length": "60000"}, []).end() == 200
        assert [await held.end() for held in declared] == [200, 200]
        # All bytes are released.
        assert await Held(app, {**cat, "content-length": "900000"}, []).end() == 200
        assert app._by_caller == {}

    asyncio.run(attack())


def test_a_caller_is_who_the_token_names():
    scope = {"client": ("10.0.0.1", 1)}
    assert caller_of(Headers({"authorization": token_of("ann@x")}), scope) == "ann@x"
    for odd in ["", "Bearer a.b.c", "Bearer a.W10.c", "Bearer ....", "Basic x", "Bearer e30.e30.x"]:
        assert caller_of(Headers({"authorization": odd}), scope) == "10.0.0.1"


BODIES = {
    "nested lists": b"[" * 100_000,
    "nested objects": b'{"a":' * 50_000,
    "no UTF-8": b"\xff",
    "half a text": b'"',
    "null": b"null",
    "a list": b"[]",
    "half a character": b'"\\ud800"',
    "NaN": b"NaN",
    "NaN as a name": b'{"appName":NaN,"userId":"a","sessionId":"s"}',
    "half a character as a name": b'{"appName":"lornu","userId":"\\ud800","sessionId":"s","newMessage":{}}',
    "half a character in state": b'{"state":{"a":"\\ud800"}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("path", ["/run", "/run_sse", "/apps/lornu/users/a/sessions"])
def test_a_body_that_cannot_be_read_is_the_callers_fault(public, path, body):
    assert public.post(path, content=body, headers=JSON).status_code < 500


def test_a_refusal_lists_at_most_fifty_issues(public):
    parts = [{"text": 1}] * 2_000
    turn = {"appName": "lornu", "userId": "a", "sessionId": "s", "newMessage": {"parts": parts}}
    answer = public.post("/run", json=turn)
    assert answer.status_code == 422
    assert len(answer.json()["detail"]) == 50


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1:8080", "[::1]:80", "[::1]", "a-b.lornu.example", "10.0.10.255", "agent_1:8080"],
)
def test_a_host_is_a_name_or_an_address(host):
    assert is_host([host])


def test_hosts_are_not_two():
    assert not is_host([])
    assert not is_host(["a", "b"])


class BrokenTurns:
    """A session service without turns: calling it shows that nothing was refused before."""

    def turn(self, session: object) -> None:
        raise AssertionError(session)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_gate_of_turns_leaves_what_is_no_turn_to_google_adk(body):
    async def behind(scope, receive, send):
        await JSONResponse({"length": len(await Request(scope, receive).body())})(scope, receive, send)

    gate = TestClient(TurnGate(behind, BrokenTurns()))
    assert gate.post("/run", content=body).json() == {"length": len(body)}


class FullSessions(BaseSessionService):
    """A session service whose store accepts nothing: the quota is used up, or write permission is lost."""

    create_session = get_session = list_sessions = delete_session = None

    @asynccontextmanager
    async def turn(self, session: object) -> AsyncIterator[None]:
        raise ResourceExhausted("project secret")
        yield


def test_the_gate_of_turns_tells_that_a_store_takes_nothing():
    FullSessions.__abstractmethods__ = frozenset()
    gate = TurnGate(JSONResponse({}), FullSessions())
    turn = {"appName": "lornu", "userId": "a", "sessionId": "s"}
    answer = TestClient(gate).post("/run", json=turn)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "secret" not in answer.text


def faults_of(app, headers: dict[str, str]) -> list[dict]:
    lines: list[str] = []
    TestClient(Faults(app, "staging", lines.append), raise_server_exceptions=False).get("/", headers=headers)
    return [json.loads(line) for line in lines]


def test_a_bug_that_a_caller_with_a_token_meets_is_a_fault():
    async def broken(_scope, _receive, _send):
        raise TypeError("broken on purpose")

    [line] = faults_of(broken, {"authorization": "Bearer x"})
    assert (line["Environment"], line["Faults"]) == ("staging", 1)
    assert line["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Lornu/Agent",
            "Dimensions": [["Environment"]],
            "Metrics": [{"Name": "Faults", "Unit": "Count"}],
        }
    ]
    assert faults_of(broken, {}) == []
    assert faults_of(JSONResponse({}, status_code=500), {"authorization": "Bearer x"}) == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidArgument("project secret"), 422),
        (ResourceExhausted("project secret"), 503),
        (PermissionDenied("project secret"), 503),
        (RetryError("project secret", cause=None), 503),
    ],
)
@pytest.mark.parametrize("is_wrapped", [False, True])
def test_what_a_store_refuses_is_no_fault_of_ours(error, status, is_wrapped):
    app, lines = FastAPI(), []
    add_store_failures(app)
    app.add_middleware(Faults, environment="staging", write=lines.append)

    @app.get("/")
    def fail() -> None:
        if not is_wrapped:
            raise error
        raise HTTPException(500, str(error)) from error

    answer = TestClient(app).get("/", headers={"authorization": "Bearer x"})
    assert (answer.status_code, lines) == (status, [])
    assert "secret" not in answer.text
    assert ("retry-after" in answer.headers) == (status == 503)


def test_what_a_caller_sends_is_no_fault(tmp_path, capsys):
    measured = client(tmp_path, HOST=ANY_ADDRESS, LORNU_METRICS="emf", LORNU_ENVIRONMENT="staging")
    for body in BODIES.values():
        for path in ["/run", "/run_sse", "/apps/lornu/users/a/sessions"]:
            measured.post(path, content=body, headers={**JSON, "authorization": "Bearer x"})
    assert "Faults" not in capsys.readouterr().out
