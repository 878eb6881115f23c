"""Leased sessions on the Firestore stand-in; both clouds are in tests/firestore/two-clouds.test.ts."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from a2a.helpers import new_text_message
from a2a.types import Role, TaskState
from fastapi.testclient import TestClient
from google.adk.errors._stale_session_error import StaleSessionError
from google.adk.events.event import Event
from google.adk.events.event_actions import EventActions
from google.genai import types
from starlette.responses import JSONResponse

from gcp_agent import conversations
from gcp_agent.a2a.executor import AdkExecutor
from gcp_agent.firestore import session_service
from gcp_agent.firestore.maintenance import Maintenance
from gcp_agent.firestore.session_service import LeasedSessionService
from gcp_agent.firestore.turn_gate import TurnGate
from gcp_agent.session_pages import BadCursorError, write_cursor
from gcp_agent.state_bounds import NotStorableError
from gcp_agent.turns import MaintenanceError, SessionBusyError, SessionKey, SharedSessions
from tests.test_service import BUN, running

STANDIN = Path(__file__).parent.parent.parent / "standins" / "firestore" / "main.ts"
NAMES = {"app_name": "lornu", "user_id": "ann", "session_id": "s"}
KEY = SessionKey("lornu", "ann", "s")


@pytest.fixture
def open_service(monkeypatch):
    """Opens another process of the agent on each call, without shared memory."""
    if not BUN:
        pytest.fail("bun is not on PATH: the Firestore stand-in needs it. Set BUN, or run ./lornu test.")
    with running([BUN, str(STANDIN)], {}) as standin:
        monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", standin["host"])
        yield lambda: LeasedSessionService("lornu", "staging")


def event() -> Event:
    return Event(author="user", invocation_id="e-1")


def test_one_turn_at_a_time_and_no_other_writer_beside_it(open_service):
    async def run() -> None:
        here, there = open_service(), open_service()
        session = await here.create_session(**NAMES)
        other = await there.get_session(**NAMES)
        async with here.turn(KEY):
            with pytest.raises(SessionBusyError):
                async with there.turn(KEY):
                    pass
            with pytest.raises(SessionBusyError):
                await there.append_event(other, event())
            await here.append_event(session, event())
        async with there.turn(KEY):
            await there.append_event(await there.get_session(**NAMES), event())
        assert len((await here.get_session(**NAMES)).events) == 2

    asyncio.run(run())


def test_a_turn_that_lost_its_lease_stores_nothing_more(open_service):
    async def run() -> None:
        here = open_service()
        session = await here.create_session(**NAMES)
        async with here.turn(KEY):
            lease = here.client.leases.document(KEY)
            await lease.update({"fence": 1})
            with pytest.raises(StaleSessionError) as lost:
                await here.append_event(session, event())
            assert not isinstance(lost.value, SessionBusyError)
        assert (await here.get_session(**NAMES)).events == []
        assert (await lease.get()).get("fence") == 1, "It is not ours to give back."

    asyncio.run(run())


def test_a_conversation_is_counted_and_takes_messages_up_to_its_limit(open_service, monkeypatch):
    held: list[int] = []
    monkeypatch.setattr(session_service, "hold_conversation", held.append)
    monkeypatch.setattr(conversations, "MAX_CONVERSATION_BYTES", 1_000)

    def said(author: str) -> Event:
        content = types.Content(role="user", parts=[types.Part(text="x" * 600)])
        return Event(author=author, invocation_id="e-1", content=content)

    async def run() -> None:
        here = open_service()
        session = await here.create_session(**NAMES)
        await here.append_event(session, said("user"))
        with pytest.raises(NotStorableError, match="1200 bytes"):
            await here.append_event(session, said("user"))
        await here.append_event(session, said("lornu"))
        for _ in range(2):
            await here.get_session(**NAMES)
        # Unknown before the first read, known before the second.
        assert held == [0, 1_200, 1_200, 0]

    asyncio.run(run())


def test_no_turn_begins_while_an_operator_refuses_new_ones(open_service):
    async def run() -> None:
        here = open_service()
        await here.create_session(**NAMES)
        switch = here.client.collection("lornu_service").document("maintenance")
        now = 0.0
        here._maintenance = Maintenance(here.client, clock=lambda: now)

        async def begin() -> None:
            async with here.turn(KEY):
                pass

        await begin()
        await switch.set({"sentence": "Back at noon.", "retryAfterSeconds": 90, "sinceMs": 1, "by": "op@x"})
        # Known for a second at most.
        await begin()
        now = 1.5
        with pytest.raises(MaintenanceError, match="Back at noon") as refused:
            await begin()
        assert refused.value.retry_after_s == 90
        assert not (await here.client.leases.document(KEY).get()).exists
        await switch.delete()
        now = 3.0
        await begin()

    asyncio.run(run())


def test_the_gate_of_turns_answers_with_the_operators_sentence():
    class Refused(SharedSessions):
        def turn(self, session: SessionKey):
            raise MaintenanceError("Back at noon.", 90)

    gate = TestClient(TurnGate(JSONResponse({}), Refused()))
    answer = gate.post("/run", json={"appName": "lornu", "userId": "ann", "sessionId": "s"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "90")
    assert answer.json() == {"detail": "Back at noon."}


def test_a_message_over_a2a_fails_with_the_operators_sentence_and_runs_nothing():
    class Refused(SharedSessions):
        def turn(self, session: SessionKey):
            raise MaintenanceError("Back at noon.", 90)

    sent: list = []

    class Queue:
        async def enqueue_event(self, event: object) -> None:
            sent.append(event)

    # A runner that has nothing to run an agent with.
    executor = AdkExecutor(SimpleNamespace(app_name="lornu", session_service=Refused()))
    context = SimpleNamespace(
        message=new_text_message("hello", role=Role.ROLE_USER),
        task_id="t1",
        context_id="c1",
        current_task=None,
        call_context=SimpleNamespace(user=SimpleNamespace(user_name="peer:a@b")),
    )
    asyncio.run(executor.execute(context, Queue()))
    assert sent[-1].status.state == TaskState.TASK_STATE_FAILED
    assert sent[-1].status.message.parts[0].text == "Back at noon."


def test_a_turn_of_one_session_is_no_turn_of_another(open_service):
    async def run() -> None:
        here, there = open_service(), open_service()
        await here.create_session(**NAMES)
        second = await here.create_session(app_name="lornu", user_id="ann", session_id="s2")
        async with here.turn(KEY), there.turn(SessionKey("lornu", "ann", "s2")):
            with pytest.raises(SessionBusyError):
                await here.append_event(second, event())

    asyncio.run(run())


def test_shared_state_is_written_by_field_and_many_sessions_do_not_stand_in_each_others_way(open_service):
    async def append(number: int) -> None:
        service = open_service()
        names = {"app_name": "lornu", "user_id": "ann", "session_id": f"s{number}"}
        session = await service.create_session(**names)
        delta = {f"app:own.{number}": number, "app:last": {str(number): number}, "user:last": number}
        await service.append_event(session, Event(author="user", actions=EventActions(state_delta=delta)))

    async def run() -> None:
        first = open_service()
        await first.create_session(**NAMES, state={"app:kept": {"inner": 1}})
        await asyncio.gather(*(append(number) for number in range(10)))
        state = (await first.get_session(**NAMES)).state
        assert state["app:kept"] == {"inner": 1}
        assert [state[f"app:own.{number}"] for number in range(10)] == list(range(10))
        assert len(state["app:last"]) == 1, "A value is replaced whole."

    asyncio.run(run())


def test_messages_that_are_queued_on_aws_go_first_when_a_turn_here_ends(open_service):
    async def run() -> None:
        here = open_service()
        await here.create_session(**NAMES)
        lease = here.client.leases.document(KEY)
        async with here.turn(KEY):
            await lease.update({"queued": [{"runId": "r1", "bytes": 2}, {"runId": "r2", "bytes": 3}]})
        held = (await lease.get()).to_dict()
        assert (held["runId"], held["queued"]) == ("r1", [{"runId": "r2", "bytes": 3}])
        assert held["canBeTakenOver"] and held["until"] <= (await lease.get()).read_time
        with pytest.raises(SessionBusyError):
            async with here.turn(KEY):
                pass

    asyncio.run(run())


def test_a_queued_message_outlives_a_turn_that_began_while_nobody_was_there_on_aws(open_service):
    async def run() -> None:
        here = open_service()
        await here.create_session(**NAMES)
        lease = here.client.leases.document(KEY)
        async with here.turn(KEY):
            await lease.update({"queued": [{"runId": "r1", "bytes": 2}]})
        queued = here.client.collection("lornu_runs").document("r1")
        await queued.set({"state": "queued", "request": "{}"})
        await lease.update({"until": (await lease.get()).read_time - timedelta(minutes=2)})
        async with here.turn(KEY):
            assert (await lease.get()).get("queued") == [{"runId": "r1", "bytes": 2}]
        assert (await queued.get()).to_dict() == {"state": "queued", "request": "{}"}
        assert (await lease.get()).get("runId") == "r1"

    asyncio.run(run())


def test_a_turn_of_aws_ends_once_its_process_has_been_silent_for_15_seconds(open_service):
    async def run() -> None:
        here = open_service()
        await here.create_session(**NAMES)
        lease = here.client.leases.document(KEY)
        async with here.turn(KEY):
            of_aws = (await lease.get()).to_dict()
        now = (await lease.get()).read_time
        lasting = {"until": now + timedelta(minutes=1), "canBeTakenOver": True, "owner": "aws"}
        await lease.set({**of_aws, **lasting})
        heartbeat = here.client.collection("lornu_leases").document("process-aws")
        for seconds_silent in (None, -3, 5):
            if seconds_silent is not None:
                await heartbeat.set({"process": "aws", "until": now - timedelta(seconds=seconds_silent)})
            with pytest.raises(SessionBusyError):
                async with here.turn(KEY):
                    pass
        await heartbeat.set({"process": "aws", "until": now - timedelta(seconds=15)})
        await lease.update({"canBeTakenOver": False})
        with pytest.raises(SessionBusyError):
            async with here.turn(KEY):
                pass
        await lease.update({"canBeTakenOver": True})
        async with here.turn(KEY):
            assert (await lease.get()).get("owner") != "aws"

    asyncio.run(run())


def test_a_state_that_is_too_large_is_not_stored(open_service):
    async def run() -> None:
        here = open_service()
        for which, key, most in (
            ("session", "text", 768 * 1024),
            ("user", "user:text", 128 * 1024),
            ("app", "app:text", 128 * 1024),
        ):
            fitting = "x" * (most - len('{"text":""}') - 2) + "é"
            names = {**NAMES, "user_id": which, "session_id": "s"}
            with pytest.raises(NotStorableError, match="is too large"):
                await here.create_session(**names, state={key: fitting + "é"})
            assert await here.get_session(**names) is None
            session = await here.create_session(**names)
            for text, is_kept in ((fitting, True), (fitting + "é", False)):
                written = Event(author="user", actions=EventActions(state_delta={key: text}))
                if is_kept:
                    await here.append_event(session, written)
                    continue
                with pytest.raises(NotStorableError, match=f"at most {most} are stored"):
                    await here.append_event(await here.get_session(**names), written)
            kept = await here.get_session(**names)
            assert (len(kept.events), kept.state[key]) == (1, fitting)

    asyncio.run(run())


def test_a_state_that_google_adk_prints_longer_than_a_document_is_not_stored(open_service):
    async def run() -> None:
        with pytest.raises(NotStorableError, match="bytes as it is stored"):
            await open_service().create_session(**NAMES, state={"text": "é" * 200_000})

    asyncio.run(run())


def test_sessions_are_listed_in_pages(open_service):
    async def run() -> None:
        here = open_service()
        for number in range(25):
            names = {**NAMES, "session_id": f"s{number:02}"}
            await here.create_session(**names, state={"n": number, "user:name": "Ada"})
        pages, cursor = [], None
        while True:
            page = await here.list_page("lornu", "ann", 10, cursor)
            pages.append([session.state["n"] for session in page.sessions])
            assert all(session.state["user:name"] == "Ada" for session in page.sessions)
            cursor = page.next_cursor
            if cursor is None:
                break
        assert pages == [list(range(24, 14, -1)), list(range(14, 4, -1)), list(range(4, -1, -1))]
        assert len((await here.list_page("lornu", "ann", None, None)).sessions) == 25
        for odd in ("x", "", "W10", write_cursor([1, 2, 3]), write_cursor([2**80, 0, "s"])):
            with pytest.raises(BadCursorError):
                await here.list_page("lornu", "ann", 10, odd)

    asyncio.run(run())


def test_a_page_of_large_states_ends_early(open_service):
    async def run() -> None:
        here = open_service()
        for number in range(5):
            names = {**NAMES, "session_id": f"s{number}"}
            await here.create_session(**names, state={"text": "x" * 700_000})
        first = await here.list_page("lornu", "ann", None, None)
        assert len(first.sessions) == 2
        second = await here.list_page("lornu", "ann", None, first.next_cursor)
        assert [session.id for session in second.sessions] == ["s2", "s1"]

    asyncio.run(run())


def test_without_firestore_its_client_is_not_loaded():
    code = "import sys, gcp_agent.app; sys.exit('google.cloud.firestore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
