"""google-adk's Firestore sessions; only the holder of a session's lease may write."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from google.adk.cli.service_registry import get_service_registry
from google.adk.events.event import Event
from google.adk.integrations.firestore.firestore_session_service import (
    DEFAULT_SESSIONS_COLLECTION,
    FirestoreSessionService,
)
from google.adk.sessions.base_session_service import GetSessionConfig
from google.adk.sessions.session import Session
from google.adk.sessions.state import State
from google.api_core.datetime_helpers import DatetimeWithNanoseconds
from google.auth.credentials import Credentials
from google.cloud import firestore
from google.cloud.firestore_v1.async_document import AsyncDocumentReference
from google.cloud.firestore_v1.base_document import DocumentSnapshot
from google.cloud.firestore_v1.field_path import FieldPath
from google.protobuf.timestamp_pb2 import Timestamp

from gcp_agent.bytes_in_flight import hold_conversation
from gcp_agent.conversations import assert_room_for, size_of
from gcp_agent.firestore.access import GoogleAccess, create_credentials
from gcp_agent.firestore.leases import RENEW_EVERY_S, Lease, Leases, assert_may_write
from gcp_agent.firestore.maintenance import Maintenance
from gcp_agent.firestore.uri import SCHEME, read_uri
from gcp_agent.session_pages import (
    BadCursorError,
    PageRoom,
    SessionPage,
    page_size,
    read_cursor,
    write_cursor,
)
from gcp_agent.state_bounds import MAX_STATE_BYTES, NotStorableError, StateMap, assert_state_fits
from gcp_agent.turns import SessionKey

logger = logging.getLogger(__name__)

_GIVE_BACK_WITHIN_S = 10.0
_MOST_SIZES = 10_000

# State to which every session of a user or an app writes.
_SHARED_STATES: Mapping[str, StateMap] = {"app_states": "app", "user_states": "user"}
# https://cloud.google.com/firestore/quotas: bytes of an indexed value
_LONGEST_VALUE = 1_048_487
# Sessions that are read first; their size decides how many are read next.
_FIRST_READ = 20


@dataclass(frozen=True)
class _Append:
    # The session whose lease the transaction must check.
    session: SessionKey
    # Without their prefixes.
    shared_keys: frozenset[str]


# The append that the current task is executing.
_append: ContextVar[_Append | None] = ContextVar("append", default=None)


class LeasedSessionService(FirestoreSessionService):
    """Within `turn`, events are stored under the session's lease; otherwise only while nobody holds one."""

    def __init__(self, project: str, database: str, credentials: Credentials | None = None) -> None:
        client = _LeasedClient(project=project, database=database, credentials=credentials)
        super().__init__(client=client)
        self._leases = client.leases
        self._maintenance = Maintenance(client)
        self._turn = client.turn
        # Sizes of the sessions that were read last.
        self._sizes: dict[SessionKey, int] = {}

    @asynccontextmanager
    async def turn(self, session: SessionKey) -> AsyncIterator[None]:
        """Holds the session for a turn.

        Raises MaintenanceError or SessionBusyError before anything is done.
        """
        await self._maintenance.assert_open()
        lease = await self._leases.take(session)
        self._turn.set(lease)
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        finally:
            # Not reset by a token, because a stream ends in another context than it began in.
            self._turn.set(None)
            renewing.cancel()
            # Runs even if the caller has disconnected, or the next turn would wait for the lease to expire.
            await asyncio.shield(asyncio.create_task(self._give_back(lease)))

    async def get_session(
        self,
        *,
        app_name: str,
        user_id: str,
        session_id: str,
        config: GetSessionConfig | None = None,
    ) -> Session | None:
        """Counts the conversation: as it was when this process last read it, before it is read again.

        Raises TooManyBytesError.
        """
        key = SessionKey(app_name, user_id, session_id)
        is_whole = config is None
        known = self._sizes.get(key, 0) if is_whole else 0
        hold_conversation(known)
        session = await super().get_session(
            app_name=app_name, user_id=user_id, session_id=session_id, config=config
        )
        if session and is_whole:
            size = size_of(session.events)
            self._note_size(key, size)
            hold_conversation(max(0, size - known))
        return session

    def _note_size(self, key: SessionKey, size: int) -> None:
        self._sizes.pop(key, None)
        self._sizes[key] = size
        if len(self._sizes) > _MOST_SIZES:
            del self._sizes[next(iter(self._sizes))]

    async def append_event(self, session: Session, event: Event) -> Event:
        """Raises StaleSessionError if another holds the session, and NotStorableError for a message for which
        it has no room."""
        if not event.partial:
            assert_room_for(session, event)
        delta = event.actions.state_delta if event.actions else {}
        prefixes = (State.APP_PREFIX, State.USER_PREFIX)
        shared = frozenset(key.split(":", 1)[1] for key in delta or {} if key.startswith(prefixes))
        key = SessionKey(session.app_name, session.user_id, session.id)
        token = _append.set(_Append(key, shared))
        try:
            return await super().append_event(session, event)
        finally:
            _append.reset(token)

    async def list_page(
        self, app_name: str, user_id: str, limit: int | None, cursor: str | None
    ) -> SessionPage:
        """Newest first, as in the service on AWS, whose cursors are accepted too."""
        by_name = "__name__"
        newest = self._get_sessions_ref(app_name, user_id)
        query = newest.order_by("updateTime", direction="DESCENDING").order_by(
            by_name, direction="DESCENDING"
        )
        following = query
        if cursor is not None:
            following = query.start_after(_place_of(cursor, newest.document))
        app, user = await asyncio.gather(
            self.client.collection(self.app_state_collection).document(app_name).get(),
            self.client.collection(self.user_state_collection)
            .document(app_name)
            .collection("users")
            .document(user_id)
            .get(),
        )
        states = app.to_dict() or {}, user.to_dict() or {}
        room, size = PageRoom({"app": states[0], "user": states[1]}), page_size(limit)
        found: list[DocumentSnapshot] = []
        is_full = False
        asked = min(size, _FIRST_READ)
        while True:
            read = await following.limit(asked).get()
            largest = 0
            for document in read:
                chars = len(_state_text(document))
                largest = max(largest, chars)
                is_full = not room.take(chars)
                if is_full:
                    break
                found.append(document)
            if is_full or not found or len(read) < asked or len(found) == size:
                break
            asked = min(size - len(found), room.room_for(largest))
            following = query.start_after(found[-1])
        sessions = [
            Session(
                id=document.id,
                app_name=app_name,
                user_id=user_id,
                state=self._merge_state(*states, json.loads(_state_text(document))),
                last_update_time=document.get("updateTime").timestamp(),
            )
            for document in found
            if "status" not in (document.to_dict() or {})
        ]
        if not found or not (is_full or len(found) == size):
            return SessionPage(sessions, None)
        last = found[-1].get("updateTime").timestamp_pb()
        return SessionPage(sessions, write_cursor([last.seconds, last.nanos, found[-1].id]))

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                if not await self._leases.renew(lease):
                    return
            except Exception:
                # The lease may still be ours: the next append will tell.
                logger.warning("A lease could not be renewed", exc_info=True)

    async def _give_back(self, lease: Lease) -> None:
        try:
            await asyncio.wait_for(self._leases.give_back(lease), _GIVE_BACK_WITHIN_S)
        except Exception:
            logger.warning("A lease was not given back; it runs out by itself", exc_info=True)


class _LeasedClient(firestore.AsyncClient):
    """Checks the lease in every transaction that stores an event."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the client's own
        super().__init__(**kwargs)
        self.leases = Leases(self)
        # The turn that the current task belongs to.
        self.turn: ContextVar[Lease | None] = ContextVar("turn", default=None)

    def transaction(self, **kwargs: Any) -> firestore.AsyncTransaction:  # noqa: ANN401 - the client's own
        append = _append.get()
        if append is None:
            return _BoundedTransaction(self, **kwargs)
        return _CheckedTransaction(self, append, **kwargs)

    def document(self, *document_path: str) -> AsyncDocumentReference:
        reference = super().document(*document_path)
        if reference.path.split("/")[0] not in _SHARED_STATES:
            return reference
        return _SharedState(*reference._path, client=self)


class _SharedState(AsyncDocumentReference):
    """Read outside of transactions: one that has read it would conflict with every other session's."""

    async def get(self, *args: Any, transaction: object = None, **kwargs: Any) -> DocumentSnapshot:  # noqa: ANN401 - the client's own
        return await super().get(*args, **kwargs)


def _state_text(document: DocumentSnapshot) -> str:
    state = (document.to_dict() or {}).get("state")
    return state if isinstance(state, str) else json.dumps(state or {}, default=str)


def _place_of(cursor: str, document_of: Any) -> dict[str, object]:  # noqa: ANN401 - the client's own
    seconds, nanos, session_id = read_cursor(cursor, int, int, str)
    try:
        time = DatetimeWithNanoseconds.from_timestamp_pb(Timestamp(seconds=seconds, nanos=nanos))
        return {"updateTime": time, "__name__": document_of(session_id)}
    except (ValueError, OverflowError, OSError):
        raise BadCursorError("This is not a cursor of this list.") from None


class _BoundedTransaction(firestore.AsyncTransaction):
    """Raises NotStorableError for a state that is too large, before google-adk writes it."""

    def set(self, reference: AsyncDocumentReference, document_data: dict, merge: Any = False) -> None:  # noqa: ANN401 - the client's own
        _assert_fits(reference, document_data)
        super().set(reference, document_data, merge)

    def update(self, reference: AsyncDocumentReference, field_updates: dict, option: Any = None) -> None:  # noqa: ANN401 - the client's own
        _assert_fits(reference, field_updates)
        super().update(reference, field_updates, option)


def _assert_fits(reference: AsyncDocumentReference, fields: dict) -> None:
    shared = _SHARED_STATES.get(reference._path[0])
    if shared:
        assert_state_fits(shared, fields)
    state = fields.get("state")
    if reference._path[-2] != DEFAULT_SESSIONS_COLLECTION or not isinstance(state, str):
        return
    # The ASCII form that google-adk writes is never shorter than the measured one.
    if len(state) > MAX_STATE_BYTES["session"]:
        assert_state_fits("session", json.loads(state))
    if len(state) > _LONGEST_VALUE:
        words = f"The state of the session is too large: {len(state)} bytes as it is stored."
        raise NotStorableError(words)


class _CheckedTransaction(_BoundedTransaction):
    """Reads the lease first, so that it must be unchanged at the commit."""

    def __init__(self, client: _LeasedClient, append: _Append, **kwargs: Any) -> None:  # noqa: ANN401 - the client's own
        super().__init__(client, **kwargs)
        self._leases = client.leases
        self._turn = client.turn
        self._session = append.session
        self._shared_keys = append.shared_keys

    def set(self, reference: AsyncDocumentReference, document_data: dict, merge: Any = False) -> None:  # noqa: ANN401 - the client's own
        """Writes only the fields of shared state that the event changes, each whole; google-adk passes all of
        it."""
        _assert_fits(reference, document_data)
        if isinstance(reference, _SharedState):
            document_data = {key: value for key, value in document_data.items() if key in self._shared_keys}
            merge = [FieldPath(key) for key in document_data]
        super().set(reference, document_data, merge)

    async def _begin(self, retry_id: bytes | None = None) -> None:
        await super()._begin(retry_id)
        held = await self._leases.document(self._session).get(transaction=self)
        lease = self._turn.get()
        assert_may_write(held, lease if lease and lease.session == self._session else None)


def register_firestore(access: GoogleAccess | None = None) -> None:
    """Registers `firestore://project/database` as a URI of google-adk; each is opened once per process."""
    opened: dict[str, LeasedSessionService] = {}

    def open_service(uri: str, **_: Any) -> LeasedSessionService:  # noqa: ANN401 - google-adk's protocol
        if uri not in opened:
            opened[uri] = LeasedSessionService(*read_uri(uri), access and create_credentials(access))
        return opened[uri]

    get_service_registry().register_session_service(SCHEME, open_service)
