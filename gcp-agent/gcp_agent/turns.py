"""One turn of a session at a time, if sessions are shared with the service on AWS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from google.adk.errors._stale_session_error import StaleSessionError
from google.adk.sessions.base_session_service import BaseSessionService


class SessionBusyError(StaleSessionError):
    """Another turn of this session is running."""


class MaintenanceError(Exception):
    """New turns are refused; the message is the operator's sentence for callers."""

    def __init__(self, sentence: str, retry_after_s: int) -> None:
        super().__init__(sentence)
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class SessionKey:
    """A session, as google-adk identifies it."""

    app_name: str
    user_id: str
    session_id: str


@runtime_checkable
class SharedSessions(Protocol):
    """A session service whose sessions are also written by others."""

    def turn(self, session: SessionKey) -> AbstractAsyncContextManager[None]:
        """Holds the session for a turn.

        Raises MaintenanceError or SessionBusyError before anything is done.
        """


@asynccontextmanager
async def turn_of(service: BaseSessionService, session: SessionKey) -> AsyncIterator[None]:
    """A turn, which holds a shared session.

    Raises MaintenanceError or SessionBusyError before anything is done.
    """
    if isinstance(service, SharedSessions):
        async with service.turn(session):
            yield
    else:
        yield
