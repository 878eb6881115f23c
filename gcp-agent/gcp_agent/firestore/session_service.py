"""google-adk's Firestore sessions, written to by the holder of the session's lease alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from google.adk.cli.service_registry import get_service_registry
from google.adk.events.event import Event
from google.adk.integrations.firestore.firestore_session_service import FirestoreSessionService
from google.adk.sessions.session import Session
from google.adk.sessions.state import State
from google.auth.credentials import Credentials
from google.cloud import firestore
from google.cloud.firestore_v1.async_document import AsyncDocumentReference
from google.cloud.firestore_v1.base_document import DocumentSnapshot
from google.cloud.firestore_v1.field_path import FieldPath

from gcp_agent.firestore.access import GoogleAccess, create_credentials
from gcp_agent.firestore.leases import RENEW_EVERY_S, Lease, Leases, assert_may_write
from gcp_agent.firestore.uri import SCHEME, read_uri
from gcp_agent.turns import SessionKey

logger = logging.getLogger(__name__)

_GIVE_BACK_WITHIN_S = 10.0

# State that every session of a user or of an app writes to.
_SHARED_STATES = ("app_states", "user_states")


@dataclass(frozen=True)
class _Append:
    # Whose lease the transaction has to check.
    session: SessionKey
    # Without their prefixes.
    shared_keys: frozenset[str]


# The append that this task is in the middle of.
_append: ContextVar[_Append | None] = ContextVar("append", default=None)


class LeasedSessionService(FirestoreSessionService):
    """Within `turn`, events are stored under the session's lease; else while nobody has one."""

    def __init__(self, project: str, database: str, credentials: Credentials | None = None) -> None:
        client = _LeasedClient(project=project, database=database, credentials=credentials)
        super().__init__(client=client)
        self._leases = client.leases
        self._turn = client.turn

    @asynccontextmanager
    async def turn(self, session: SessionKey) -> AsyncIterator[None]:
        """Holds the session for a turn. Raises SessionBusyError before anything is done."""
        lease = await self._leases.take(session)
        self._turn.set(lease)
        renewing = asyncio.create_task(self._renew(lease))
        try:
            yield
        finally:
            # Not reset by a token: a stream ends in another context than it began in.
            self._turn.set(None)
            renewing.cancel()
            # Done even if the caller has gone: the next turn would wait for the lease to run out.
            await asyncio.shield(asyncio.create_task(self._give_back(lease)))

    async def append_event(self, session: Session, event: Event) -> Event:
        """Raises StaleSessionError where the session is another's."""
        delta = event.actions.state_delta if event.actions else {}
        prefixes = (State.APP_PREFIX, State.USER_PREFIX)
        shared = frozenset(key.split(":", 1)[1] for key in delta or {} if key.startswith(prefixes))
        key = SessionKey(session.app_name, session.user_id, session.id)
        token = _append.set(_Append(key, shared))
        try:
            return await super().append_event(session, event)
        finally:
            _append.reset(token)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                if not await self._leases.renew(lease):
                    return
            except Exception:
                # The lease may still be ours: the next append finds out.
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
        # The turn that a task is part of.
        self.turn: ContextVar[Lease | None] = ContextVar("turn", default=None)

    def transaction(self, **kwargs: Any) -> firestore.AsyncTransaction:  # noqa: ANN401 - the client's own
        append = _append.get()
        if append is None:
            return super().transaction(**kwargs)
        return _CheckedTransaction(self, append, **kwargs)

    def document(self, *document_path: str) -> AsyncDocumentReference:
        reference = super().document(*document_path)
        if reference.path.split("/")[0] not in _SHARED_STATES:
            return reference
        return _SharedState(*reference._path, client=self)


class _SharedState(AsyncDocumentReference):
    """Read outside of transactions: one that has read it would stand in the way of every other session's."""

    async def get(self, *args: Any, transaction: object = None, **kwargs: Any) -> DocumentSnapshot:  # noqa: ANN401 - the client's own
        return await super().get(*args, **kwargs)


class _CheckedTransaction(firestore.AsyncTransaction):
    """Reads the lease first: what it has read must not have changed when it commits."""

    def __init__(self, client: _LeasedClient, append: _Append, **kwargs: Any) -> None:  # noqa: ANN401 - the client's own
        super().__init__(client, **kwargs)
        self._leases = client.leases
        self._turn = client.turn
        self._session = append.session
        self._shared_keys = append.shared_keys

    def set(self, reference: AsyncDocumentReference, document_data: dict, merge: Any = False) -> None:  # noqa: ANN401 - the client's own
        """Of shared state only the fields that the event changes, each whole; google-adk gives all of it."""
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
    """Makes `firestore://project/database` a URI of google-adk; each is opened once a process."""
    opened: dict[str, LeasedSessionService] = {}

    def open_service(uri: str, **_: Any) -> LeasedSessionService:  # noqa: ANN401 - google-adk's protocol
        if uri not in opened:
            opened[uri] = LeasedSessionService(*read_uri(uri), access and create_credentials(access))
        return opened[uri]

    get_service_registry().register_session_service(SCHEME, open_service)
