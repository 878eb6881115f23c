"""Counts failures that we must fix, for the alarm that rolls a deployment back."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


def _write(line: str) -> None:
    print(line, file=sys.stdout, flush=True)


class Faults:
    """Writes a line in CloudWatch's embedded metric format for each request that fails because of a bug.

    Only requests with a token count: on AWS the load balancer has verified it, so nobody from outside can
    cause a fault (docs/decisions/0151-a-rollback-counts-our-own-faults.md).
    """

    def __init__(self, app: ASGIApp, environment: str, write: Callable[[str], None] = _write) -> None:
        self._app = app
        self._environment = environment
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on unchanged, including errors."""
        try:
            await self._app(scope, receive, send)
        except Exception:
            if scope["type"] == "http" and "authorization" in Headers(scope=scope):
                self._write(json.dumps(self._line()))
            raise

    def _line(self) -> dict[str, object]:
        metrics = [{"Name": "Faults", "Unit": "Count"}]
        directive = {"Namespace": "Lornu/Agent", "Dimensions": [["Environment"]], "Metrics": metrics}
        return {
            "_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]},
            "Environment": self._environment,
            "Faults": 1,
        }
