"""The size limits of states: the same as in the service on AWS (docs/storage.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

StateMap = Literal["session", "user", "app"]

# `app:` and `user:` state is part of every session that is read, and of each row of a list.
MAX_STATE_BYTES: Mapping[StateMap, int] = {"session": 768 * 1024, "user": 128 * 1024, "app": 128 * 1024}
_WORDS: Mapping[StateMap, str] = {
    "session": "state of the session",
    "user": "`user:` state",
    "app": "`app:` state",
}


class NotStorableError(Exception):
    """A caller or an agent wrote more than can be stored."""


def assert_state_fits(which: StateMap, state: Mapping[str, object]) -> None:
    """Raises NotStorableError if the map's JSON, as it would be stored, is too large."""
    text = json.dumps(state, ensure_ascii=False, separators=(",", ":"), default=str)
    size, most = len(text.encode()), MAX_STATE_BYTES[which]
    if size > most:
        words = f"The {_WORDS[which]} is too large: {size} bytes, and at most {most} are stored."
        raise NotStorableError(words)
