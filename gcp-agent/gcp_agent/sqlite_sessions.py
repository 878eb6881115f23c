"""google-adk's sessions in SQLite, with limits for states and lists."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiosqlite
from google.adk.cli.service_registry import get_service_registry
from google.adk.events.event import Event
from google.adk.sessions import _session_util
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.sessions.session import Session
from google.adk.sessions.sqlite_session_service import SqliteSessionService

from gcp_agent.bytes_in_flight import hold_conversation
from gcp_agent.conversations import assert_room_for
from gcp_agent.session_pages import PageRoom, SessionPage, page_size, read_cursor, write_cursor
from gcp_agent.state_bounds import assert_state_fits

SCHEME = "sqlite"


class BoundedSqliteSessions(SqliteSessionService):
    """Raises NotStorableError for a state that is too large, before anything is stored."""

    async def create_session(
        self,
        *,
        app_name: str,
        user_id: str,
        state: dict[str, Any] | None = None,
        session_id: str | None = None,
    ) -> Session:
        """Checks the session's own state first."""
        assert_state_fits("session", _session_util.extract_json_safe_state_delta(state or {})["session"])
        return await super().create_session(
            app_name=app_name, user_id=user_id, state=state, session_id=session_id
        )

    async def get_session(
        self,
        *,
        app_name: str,
        user_id: str,
        session_id: str,
        config: GetSessionConfig | None = None,
    ) -> Session | None:
        """Counts the conversation before it is read. Raises TooManyBytesError."""
        if config is None or config.num_recent_events != 0:
            query = """SELECT coalesce(sum(length(event_data)), 0) AS size FROM events
                WHERE app_name=? AND user_id=? AND session_id=?"""
            async with (
                self._get_db_connection() as db,
                db.execute(query, (app_name, user_id, session_id)) as rows,
            ):
                row = await rows.fetchone()
            hold_conversation(row["size"] if row else 0)
        return await super().get_session(
            app_name=app_name, user_id=user_id, session_id=session_id, config=config
        )

    async def append_event(self, session: Session, event: Event) -> Event:
        """Raises NotStorableError for a message for which the conversation has no room."""
        if not event.partial:
            assert_room_for(session, event)
        return await super().append_event(session, event)

    async def list_page(
        self, app_name: str, user_id: str, limit: int | None, cursor: str | None
    ) -> SessionPage:
        """Reads row by row: with the largest states, a page must not be read whole only to be cut."""
        before = read_cursor(cursor, (int, float), str) if cursor is not None else [float("inf"), ""]
        size = page_size(limit)
        async with self._get_db_connection() as db:
            shared = {f"app:{k}": v for k, v in (await self._get_app_state(db, app_name)).items()}
            user = await self._get_user_state(db, app_name, user_id)
            shared.update({f"user:{k}": v for k, v in user.items()})
            room = PageRoom(shared)
            sessions: list[Session] = []
            is_full = False
            async for row in _newest(db, app_name, user_id, before, size):
                is_full = not room.take(len(row["state"]))
                if is_full:
                    break
                sessions.append(
                    Session(
                        id=row["id"],
                        app_name=app_name,
                        user_id=user_id,
                        state={**json.loads(row["state"]), **shared},
                        last_update_time=row["update_time"],
                    )
                )
        if not sessions or not (is_full or len(sessions) == size):
            return SessionPage(sessions, None)
        return SessionPage(sessions, write_cursor([sessions[-1].last_update_time, sessions[-1].id]))

    async def _upsert_app_state(
        self, db: aiosqlite.Connection, app_name: str, delta: dict, now: float
    ) -> None:
        assert_state_fits("app", {**await self._get_app_state(db, app_name), **delta})
        await super()._upsert_app_state(db, app_name, delta, now)

    async def _upsert_user_state(
        self, db: aiosqlite.Connection, app_name: str, user_id: str, delta: dict, now: float
    ) -> None:
        assert_state_fits("user", {**await self._get_user_state(db, app_name, user_id), **delta})
        await super()._upsert_user_state(db, app_name, user_id, delta, now)

    async def _update_session_state_in_db(
        self, db: aiosqlite.Connection, app_name: str, user_id: str, session_id: str, delta: dict, now: float
    ) -> None:
        query = "SELECT state FROM sessions WHERE app_name=? AND user_id=? AND id=?"
        known = await self._get_state(db, query, (app_name, user_id, session_id))
        assert_state_fits("session", {**known, **delta})
        await super()._update_session_state_in_db(db, app_name, user_id, session_id, delta, now)


async def _newest(
    db: aiosqlite.Connection, app_name: str, user_id: str, before: list, limit: int
) -> AsyncIterator[aiosqlite.Row]:
    query = """SELECT id, state, update_time FROM sessions
        WHERE app_name=? AND user_id=? AND (update_time, id) < (?, ?)
        ORDER BY update_time DESC, id DESC LIMIT ?"""
    async with db.execute(query, (app_name, user_id, *before, limit)) as rows:
        async for row in rows:
            yield row


def register_sqlite() -> None:
    """Replaces google-adk's own service for `sqlite:///path`."""

    def open_service(uri: str, **_: Any) -> BoundedSqliteSessions:  # noqa: ANN401 - google-adk's protocol
        return BoundedSqliteSessions(db_path=uri)

    get_service_registry().register_session_service(SCHEME, open_service)
