"""The number of agents a question has passed through; the same key as backend/peer/hops.ts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

HOPS_KEY = "https://lornu.ai/a2a/hops"
# An agent that was asked by an agent answers by itself, so that two agents never ask each other in circles.
MOST_HOPS = 1


def hops_of(metadata: Mapping[str, Any] | None) -> float:
    """0 if the metadata has none; infinity if it is not a whole number of at least 0."""
    hops = (metadata or {}).get(HOPS_KEY, 0)
    # Numbers in protobuf's Struct are floats.
    is_whole = isinstance(hops, int | float) and not isinstance(hops, bool) and hops == hops // 1
    return hops if is_whole and hops >= 0 else math.inf
