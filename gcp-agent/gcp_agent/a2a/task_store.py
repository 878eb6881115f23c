"""Tasks in memory, as many as consultations need."""

from __future__ import annotations

from collections import OrderedDict

from a2a.server.context import ServerCallContext
from a2a.server.tasks import InMemoryTaskStore
from a2a.types import Task

MOST_TASKS = 1_000


class BoundedTaskStore(InMemoryTaskStore):
    """The SDK's store, separate for each caller; limited, by dropping the oldest tasks."""

    def __init__(self, most: int = MOST_TASKS) -> None:
        super().__init__()
        self._most = most
        self._kept: OrderedDict[str, ServerCallContext] = OrderedDict()

    async def save(self, task: Task, context: ServerCallContext) -> None:
        await super().save(task, context)
        self._kept.setdefault(task.id, context)
        while len(self._kept) > self._most:
            oldest, owner = self._kept.popitem(last=False)
            await self.delete(oldest, owner)
