"""Leased sessions on the Firestore stand-in; both clouds are in tests/firestore/two-clouds.test.ts."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from google.adk.errors._stale_session_error import StaleSessionError
from google.adk.events.event import Event
from google.adk.events.event_actions import EventActions

from gcp_agent.firestore.session_service import LeasedSessionService
from gcp_agent.turns import SessionBusyError, SessionKey
from tests.test_service import BUN, running

STANDIN = Path(__file__).parent.parent.parent / "standins" / "firestore" / "main.ts"
NAMES = {"app_name": "lornu", "user_id": "ann", "session_id": "s"}
KEY = SessionKey("lornu", "ann", "s")


@pytest.fixture
def open_service(monkeypatch):
    """Another process of the agent, each time it is called: nothing in memory is shared."""
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


def test_without_firestore_its_client_is_not_loaded():
    code = "import sys, gcp_agent.app; sys.exit('google.cloud.firestore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=dict(os.environ), check=False).returncode == 0
