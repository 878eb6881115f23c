"""The operator's refusal of new turns, as the service on AWS stores it (docs/storage.md)."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from google.cloud import firestore

from gcp_agent.turns import MaintenanceError

logger = logging.getLogger(__name__)

# Half of the two seconds that docs/operations.md promises.
_LOOK_EVERY_S = 1.0
_LOOK_WITHIN_S = 1.0


class Maintenance:
    """Reads the stored switch at most once a second, and never while no turn comes."""

    def __init__(self, client: firestore.AsyncClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._document = client.collection("lornu_service").document("maintenance")
        self._clock = clock
        self._known: MaintenanceError | None = None
        self._known_at = float("-inf")

    async def assert_open(self) -> None:
        """Raises MaintenanceError while new turns are refused.

        If the store does not answer, the last known state counts: the turn will meet the outage itself.
        """
        if self._clock() - self._known_at > _LOOK_EVERY_S:
            try:
                await asyncio.wait_for(self._look(), _LOOK_WITHIN_S)
            except Exception:
                logger.warning("The maintenance switch could not be read", exc_info=True)
        if self._known:
            raise MaintenanceError(str(self._known), self._known.retry_after_s)

    async def _look(self) -> None:
        asked_at = self._clock()
        stored = (await self._document.get()).to_dict()
        self._known = (
            MaintenanceError(str(stored.get("sentence", "")), int(stored.get("retryAfterSeconds", 0)))
            if stored
            else None
        )
        self._known_at = asked_at
