"""Paged lists of sessions, as in the service on AWS (docs/wire.md)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from google.adk.sessions.session import Session

_SESSIONS_A_PAGE = 100
_MOST_SESSIONS_A_PAGE = 1_000
# Most characters of a page, counting the JSON of its states; a page ends early at this limit.
_PAGE_CHARS = 2 * 1024 * 1024


class BadCursorError(ValueError):
    """A cursor that is not from this list."""


@dataclass(frozen=True)
class SessionPage:
    """Newest first, without events; `next_cursor` is None on the last page."""

    sessions: Sequence[Session]
    next_cursor: str | None


@runtime_checkable
class PagedSessions(Protocol):
    """A session service that lists a user's sessions in pages."""

    async def list_page(
        self, app_name: str, user_id: str, limit: int | None, cursor: str | None
    ) -> SessionPage:
        """Raises BadCursorError."""


def page_size(limit: int | None) -> int:
    """The page size for a requested limit."""
    return min(max(1, limit or _SESSIONS_A_PAGE), _MOST_SESSIONS_A_PAGE)


class PageRoom:
    """Limits the size of a page: each session counts with its own state and the shared ones."""

    def __init__(self, shared: Mapping[str, object]) -> None:
        self._shared_chars = len(json.dumps(shared, default=str))
        self._left = _PAGE_CHARS

    def take(self, state_chars: int) -> bool:
        """Whether one more row fits; the first always does."""
        is_first = self._left == _PAGE_CHARS
        left = self._left - state_chars - self._shared_chars
        if left < 0 and not is_first:
            return False
        self._left = left
        return True

    def room_for(self, state_chars: int) -> int:
        """How many more rows of this size fit; at least one."""
        return max(1, self._left // max(1, state_chars + self._shared_chars))


def write_cursor(place: Sequence[object]) -> str:
    """Encodes the end of a page as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type | tuple[type, ...]) -> list:
    """Decodes a cursor with values of these types. Raises BadCursorError."""
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        place = None
    if (
        not isinstance(place, list)
        or len(place) != len(types)
        or not all(map(isinstance, place, types))
        or any(isinstance(value, bool) for value in place)
    ):
        raise BadCursorError("This is not a cursor of this list.")
    return place
