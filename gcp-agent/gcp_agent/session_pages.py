"""Lists of sessions in pages, as the service on AWS gives them (docs/wire.md)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from google.adk.sessions.session import Session

_SESSIONS_A_PAGE = 100
_MOST_SESSIONS_A_PAGE = 1_000
# A page ends early rather than be longer than this, in characters of the JSON of its states.
_PAGE_CHARS = 2 * 1024 * 1024


class BadCursorError(ValueError):
    """A cursor that is none of this list."""


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
    """How many sessions a page has, by what was asked for."""
    return min(max(1, limit or _SESSIONS_A_PAGE), _MOST_SESSIONS_A_PAGE)


class PageRoom:
    """Fills a page: each session takes room for its own state and for the shared ones."""

    def __init__(self, shared: Mapping[str, object]) -> None:
        self._shared_chars = len(json.dumps(shared, default=str))
        self._left = _PAGE_CHARS

    def take(self, state_chars: int) -> bool:
        """Whether one more row was let in; the first always is."""
        is_first = self._left == _PAGE_CHARS
        left = self._left - state_chars - self._shared_chars
        if left < 0 and not is_first:
            return False
        self._left = left
        return True

    def room_for(self, state_chars: int) -> int:
        """How many more rows of this size there is room for; at least one."""
        return max(1, self._left // max(1, state_chars + self._shared_chars))


def write_cursor(place: Sequence[object]) -> str:
    """Where a page ended, as its reader gives it back."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type | tuple[type, ...]) -> list:
    """The place in a cursor, of values of these types. Raises BadCursorError."""
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
