"""The service as a process, called over HTTP; the model is the Gemini stand-in if bun is available."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import httpx
import pytest

PROJECT = Path(__file__).parent.parent
STANDIN = PROJECT.parent / "standins" / "gemini" / "main.ts"
BUN = os.environ.get("BUN") or which("bun")
START_TIMEOUT_S = 60


@contextmanager
def running(command: list[str], env: dict[str, str]) -> Iterator[dict]:
    """Runs a process that announces its address in its first line; ends only this process."""
    with subprocess.Popen(
        command, cwd=PROJECT, env={**os.environ, **env}, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[httpx.Client]:
    if not BUN:
        pytest.fail("bun is not on PATH: the Gemini stand-in needs it. Set BUN, or run ./lornu test.")
    data = tmp_path_factory.mktemp("data")
    with running([BUN, str(STANDIN)], {}) as standin:
        env = {
            "PORT": "0",
            "DATA_DIR": str(data),
            "GOOGLE_GEMINI_BASE_URL": standin["url"],
            "GEMINI_API_KEY": "stand-in",
            "GOOGLE_GENAI_USE_VERTEXAI": "",
            "LORNU_REVISION": "0123456789ab",
        }
        with running([sys.executable, "-m", "gcp_agent.main"], env) as started:
            client = httpx.Client(base_url=f"http://127.0.0.1:{started['port']}", timeout=30)
            wait_until_healthy(client)
            yield client


def wait_until_healthy(client: httpx.Client) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("gcp-agent did not become healthy.")


def run(service: httpx.Client, session_id: str, text: str) -> list[dict]:
    body = {
        "appName": "lornu",
        "userId": "ada",
        "sessionId": session_id,
        "newMessage": {"role": "user", "parts": [{"text": text}]},
    }
    answer = service.post("/run", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def new_session(service: httpx.Client) -> str:
    return service.post("/apps/lornu/users/ada/sessions").json()["id"]


def test_health_and_the_agent_lornu(service):
    assert service.get("/health").json() == {"status": "ok"}
    assert service.get("/list-apps").json() == ["lornu"]


def test_the_version_is_google_adks_with_the_revision_of_the_image(service):
    version = service.get("/version").json()
    assert version["revision"] == "0123456789ab"
    assert version["version"] == "2.13.0"
    assert version["language"] == "python"


def test_a_message_is_answered_and_kept(service):
    session_id = new_session(service)
    events = run(service, session_id, "hello")
    assert events[-1]["content"]["parts"][0]["text"].startswith("You said: hello.")
    kept = service.get(f"/apps/lornu/users/ada/sessions/{session_id}").json()["events"]
    assert [event["author"] for event in kept] == ["user", "lornu"]


def test_the_status_tool_says_google_cloud(service):
    events = run(service, new_session(service), "what is the status of the environment?")
    answer = events[1]["content"]["parts"][0]["functionResponse"]
    assert answer["name"] == "environment_status"
    assert answer["response"]["cloud"] == "gcp"


def test_notes_belong_to_the_person_not_to_the_conversation(service):
    run(service, new_session(service), "note: the demo is on Friday")
    events = run(service, new_session(service), "what are my notes?")
    assert events[1]["content"]["parts"][0]["functionResponse"]["response"] == {
        "notes": ["the demo is on Friday"]
    }


def test_deleting_notes_asks_for_a_confirmation_first(service):
    session_id = new_session(service)
    events = run(service, session_id, "forget my notes")
    names = [
        part["functionCall"]["name"]
        for event in events
        for part in event.get("content", {}).get("parts", [])
        if "functionCall" in part
    ]
    assert names == ["delete_notes", "adk_request_confirmation"]
