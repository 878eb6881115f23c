"""The agent over A2A as a process: both versions, streams, files, cancelling, refusals, and asking a peer."""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from a2a.client import ClientConfig, ClientFactory
from a2a.client.card_resolver import A2ACardResolver
from a2a.helpers import get_artifact_text, new_text_message
from a2a.types import CancelTaskRequest, Part, Role, SendMessageRequest, TaskState
from google.adk.agents import LlmAgent
from google.adk.agents.remote_a2a_agent import RemoteA2aAgent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import InMemoryRunner
from google.genai import types

from agents.lornu import peer
from gcp_agent.a2a.hops import HOPS_KEY
from tests.issuer import AUDIENCE, Issuer, running_issuer
from tests.test_service import BUN, PROJECT, STANDIN, new_session, run, running, wait_until_healthy

INSTRUCTION_WORDS = "never invent"


@dataclass
class Pair:
    """An agent that requires tokens, and one that calls it."""

    peer: str
    caller: httpx.Client
    issuer: Issuer
    peer_log: Path

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={"authorization": f"Bearer {self.issuer.token()}"}, timeout=30)

    def post(self, body: object, **headers: str) -> httpx.Response:
        all_headers = {"authorization": f"Bearer {self.issuer.token()}", "a2a-version": "1.0", **headers}
        return httpx.post(self.peer, json=body, headers=all_headers, timeout=30)


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Iterator[Pair]:
    data = tmp_path_factory.mktemp("a2a")
    python = [sys.executable, "-m", "gcp_agent.main"]
    with running_issuer() as issuer, running([BUN, str(STANDIN)], {}) as standin:
        model = {
            "PORT": "0",
            "GOOGLE_GEMINI_BASE_URL": standin["url"],
            "GEMINI_API_KEY": "stand-in",
            "GOOGLE_GENAI_USE_VERTEXAI": "",
        }
        guarded = {
            **model,
            "DATA_DIR": str(data / "peer"),
            "A2A_TOKEN_ISSUER": issuer.url,
            "A2A_TOKEN_JWKS_URL": f"{issuer.url}/certs",
            "A2A_TOKEN_AUDIENCE": AUDIENCE,
            "A2A_ALLOWED_EMAILS": issuer.claims()["email"],
        }
        with running(python, guarded) as started:
            url = f"http://127.0.0.1:{started['port']}"
            metadata_server = issuer.url.removeprefix("http://")
            asking = {
                **model,
                "DATA_DIR": str(data / "caller"),
                "A2A_PEER_URL": f"{url}/a2a/lornu",
                "A2A_PEER_AUDIENCE": AUDIENCE,
                "GCE_METADATA_HOST": metadata_server,
                "GCE_METADATA_IP": metadata_server,
            }
            with running(python, asking) as caller:
                client = httpx.Client(base_url=f"http://127.0.0.1:{caller['port']}", timeout=60)
                wait_until_healthy(httpx.Client(base_url=url))
                wait_until_healthy(client)
                yield Pair(f"{url}/a2a/lornu", client, issuer, data)


def message(text: str, **more: object) -> dict:
    return {"messageId": "m1", "role": "ROLE_USER", "parts": [{"text": text}], **more}


def send(params: dict, method: str = "SendMessage") -> dict:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


async def talk(
    pair: Pair, text: str, version: str, parts: list[Part] | None = None, streaming: bool = True
) -> list:
    """The events that the SDK's client receives, in the given version."""
    async with pair.client() as http:
        card = await A2ACardResolver(http, pair.peer).get_agent_card()
        chosen = [one for one in card.supported_interfaces if one.protocol_version == version]
        assert chosen, card
        del card.supported_interfaces[:]
        card.supported_interfaces.extend(chosen)
        client = ClientFactory(ClientConfig(httpx_client=http, streaming=streaming)).create(card)
        sent = new_text_message(text, role=Role.ROLE_USER)
        sent.parts.extend(parts or [])
        return [event async for event in client.send_message(SendMessageRequest(message=sent))]


def final_text(events: list) -> str:
    """The text of the artifact in the end: chunks appended, or replaced by the whole."""
    texts: dict[str, str] = {}
    for event in events:
        if event.HasField("artifact_update"):
            update = event.artifact_update
            before = texts.get(update.artifact.artifact_id, "") if update.append else ""
            texts[update.artifact.artifact_id] = before + get_artifact_text(update.artifact, "")
        elif event.HasField("task"):
            texts.update({one.artifact_id: get_artifact_text(one, "") for one in event.task.artifacts})
    return "".join(texts.values())


def last_state(events: list) -> int:
    last = events[-1]
    return (last.status_update if last.HasField("status_update") else last.task).status.state


def test_the_card_names_both_versions_and_no_word_of_the_instruction(pair):
    answer = httpx.get(f"{pair.peer}/.well-known/agent-card.json")
    card = answer.json()
    versions = {one["protocolVersion"] for one in card["supportedInterfaces"]}
    assert versions == {"1.0", "0.3"}
    assert {one["url"] for one in card["supportedInterfaces"]} == {pair.peer}
    assert card["url"] == pair.peer
    assert INSTRUCTION_WORDS not in answer.text
    assert card["securitySchemes"]
    again = httpx.get(
        f"{pair.peer}/.well-known/agent-card.json", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_a_call_without_a_token_runs_nothing(pair):
    answer = httpx.post(pair.peer, json=send({"message": message("hello")}), headers={"a2a-version": "1.0"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("version", ["1.0", "0.3"])
@pytest.mark.parametrize("streaming", [True, False])
def test_the_sdks_client_is_answered_in_its_version(pair, version, streaming):
    events = asyncio.run(talk(pair, "hello from the sdk", version, streaming=streaming))
    assert final_text(events).startswith("You said: hello from the sdk.")
    assert last_state(events) == TaskState.TASK_STATE_COMPLETED
    if streaming:
        assert events[0].HasField("task")
        assert len(events) > 5


@pytest.mark.parametrize("version", ["1.0", "0.3"])
def test_a_file_reaches_the_model(pair, version):
    picture = Part(raw=b"\x89PNG not really", media_type="image/png", filename="a.png")
    events = asyncio.run(talk(pair, "what is in this picture?", version, [picture]))
    assert last_state(events) == TaskState.TASK_STATE_COMPLETED


def test_what_needs_a_person_is_asked_and_not_taken_from_a_machine(pair):
    answer = pair.post(send({"message": message("forget my notes")})).json()
    task = answer["result"]["task"]
    assert task["status"]["state"] == "TASK_STATE_INPUT_REQUIRED"
    question = task["status"]["message"]["parts"][0]["text"]
    assert "confirm" in question
    approval = {
        "data": {"name": "adk_request_confirmation", "id": "x", "response": {"confirmed": True}},
        "metadata": {"adk_type": "function_response"},
    }
    refused = pair.post(send({"message": message("yes", taskId=task["id"], parts=[approval])})).json()
    assert refused["error"]["code"] == -32602


def test_a_running_task_is_cancelled(pair):
    async def cancel_midway() -> list[int]:
        async with pair.client() as http:
            card = await A2ACardResolver(http, pair.peer).get_agent_card()
            client = ClientFactory(ClientConfig(httpx_client=http)).create(card)
            request = SendMessageRequest(
                message=new_text_message("say 500 words slowly", role=Role.ROLE_USER)
            )
            states = []
            async for event in client.send_message(request):
                if event.HasField("artifact_update") and not states:
                    task = await client.cancel_task(CancelTaskRequest(id=event.artifact_update.task_id))
                    states.append(task.status.state)
            return states

    assert asyncio.run(cancel_midway()) == [TaskState.TASK_STATE_CANCELED]


@pytest.mark.parametrize("hops", [2, -1, 0.5, "1", None, True])
def test_a_question_that_came_too_far_is_refused(pair, hops):
    answer = pair.post(send({"message": message("hello", metadata={HOPS_KEY: hops})})).json()
    assert answer["error"]["code"] == -32602
    old = {"kind": "message", "messageId": "m", "role": "user", "parts": [{"kind": "text", "text": "hi"}]}
    body = send({"message": {**old, "metadata": {HOPS_KEY: hops}}}, "message/send")
    assert "error" in pair.post(body, **{"a2a-version": ""}).json()


def test_a_question_of_one_hop_is_answered(pair):
    answer = pair.post(send({"message": message("hello", metadata={HOPS_KEY: 1})})).json()
    assert answer["result"]["task"]["status"]["state"] == "TASK_STATE_COMPLETED"


def test_addresses_of_files_are_not_fetched(pair):
    part = {"url": "http://169.254.169.254/computeMetadata/v1/", "mediaType": "text/plain"}
    assert pair.post(send({"message": message("", parts=[part])})).json()["error"]["code"] == -32005


def test_another_callers_task_is_a_task_that_does_not_exist(pair):
    task = pair.post(send({"message": message("hello")})).json()["result"]["task"]
    missing = pair.post(send({"id": "nothing"}, "GetTask")).json()["error"]
    assert missing["code"] == -32001
    assert pair.post(send({"id": task["id"]}, "GetTask")).json()["result"]["id"] == task["id"]
    # The other agent admits everyone on this machine, as one caller; it does not know this task.
    other = pair.caller.post(
        "/a2a/lornu", json=send({"id": task["id"]}, "GetTask"), headers={"a2a-version": "1.0"}
    )
    assert other.json()["error"]["code"] == -32001


def test_what_the_model_says_of_its_refusal_stays_short(pair):
    answer = pair.post(send({"message": message("simulate 400")})).json()
    status = answer["result"]["task"]["status"]
    assert status["state"] == "TASK_STATE_FAILED"
    assert status["message"]["parts"][0]["text"] == "The turn failed: INVALID_ARGUMENT."


def test_a_body_that_is_too_large_or_no_json_is_told_so_in_json(pair):
    large = pair.post(send({"message": message("x" * 5_000_000)}))
    assert (large.status_code, large.json()["error"]["code"]) == (413, -32600)
    headers = {"authorization": f"Bearer {pair.issuer.token()}", "a2a-version": "1.0"}
    broken = httpx.post(pair.peer, content=b"{", headers=headers)
    assert broken.json()["error"]["code"] == -32700


def test_google_adks_own_client_hears_the_answer(pair):
    async def ask() -> list[str]:
        async with pair.client() as http:
            agent = RemoteA2aAgent(
                name="remote",
                agent_card=f"{pair.peer}/.well-known/agent-card.json",
                a2a_client_factory=ClientFactory(ClientConfig(httpx_client=http, streaming=True)),
            )
            events = await InMemoryRunner(agent=agent).run_debug("hello from adk", quiet=True)
            said = [event for event in events if event.content and not event.partial]
            return [part.text for event in said for part in event.content.parts]

    (answer,) = asyncio.run(ask())
    assert answer.startswith("You said: hello from adk.")


def consult(pair: Pair, text: str, hops: int | None = None) -> dict:
    question = json.dumps({"question": text})
    events = run(pair.caller, new_session(pair.caller), f"call consult_peer with {question}")
    return events[1]["content"]["parts"][0]["functionResponse"]["response"]


def test_the_agent_asks_its_peer_with_a_token_and_quotes_it(pair):
    answer = consult(pair, "what is the status of the environment?")
    assert answer.get("peer") == "aws", answer
    assert "environment_status returned" in answer["words"]
    assert "quotation" in answer["note"]
    assert any(path.endswith("/identity") for path in pair.issuer.asked)


def test_what_the_peer_asks_back_is_no_answer(pair):
    assert "it gave no answer" in consult(pair, "forget my notes")["error"]


def test_an_asked_agent_asks_nobody(pair):
    question = 'call consult_peer with {"question": "hello"}'
    sent = send({"message": message(question, metadata={HOPS_KEY: 1})})
    answer = pair.caller.post("/a2a/lornu", json=sent, headers={"a2a-version": "1.0"}).json()
    text = answer["result"]["task"]["artifacts"][0]["parts"][0]["text"]
    assert "came from an agent already" in text


def test_both_modules_count_hops_by_the_same_key():
    assert peer.HOPS_KEY == HOPS_KEY
    assert HOPS_KEY in (PROJECT.parent / "backend" / "peer" / "hops.ts").read_text()


class Asking(BaseLlm):
    """Calls consult_peer once."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        last = llm_request.contents[-1].parts[0]
        call = types.FunctionCall(name="consult_peer", args={"question": "hello"})
        part = types.Part(text="Done.") if last.function_response else types.Part(function_call=call)
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


def consult_at(monkeypatch, url: str) -> str:
    """What the model is told with this peer."""
    monkeypatch.setenv("A2A_PEER_URL", url)
    monkeypatch.setattr(peer, "_WITHIN_S", 2)
    agent = LlmAgent(name="lornu", model=Asking(model="asking"), tools=[peer.consult_peer])
    events = asyncio.run(InMemoryRunner(agent=agent).run_debug("go", quiet=True))
    (answer,) = [one for event in events for one in event.get_function_responses()]
    return answer.response["error"]


def test_a_peer_that_cannot_be_reached_is_told(monkeypatch):
    assert "could not be asked" in consult_at(monkeypatch, "http://127.0.0.1:1/a2a/lornu")


def test_a_peer_that_never_answers_is_given_up_on(monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        told = consult_at(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}/a2a/lornu")
    assert "no answer in time" in told


def test_a_peer_whose_card_names_another_place_is_not_called(monkeypatch, pair):
    card = httpx.get(f"{pair.peer}/.well-known/agent-card.json").json()
    pair.issuer.pages["/a2a/lornu/.well-known/agent-card.json"] = card
    told = consult_at(monkeypatch, f"{pair.issuer.url}/a2a/lornu")
    assert "could not be asked" in told
    assert pair.issuer.asked[-1].endswith("agent-card.json")
