"""Gemini with a limit for the bytes of an answer, as in the service on AWS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
from google.adk.models.google_llm import Gemini
from google.adk.models.registry import LLMRegistry
from google.genai.errors import ServerError
from google.genai.types import HttpOptions

# Far above the longest text that Gemini writes, with room for images.
MAX_ANSWER_BYTES = 32 * 1024 * 1024


class BoundedGemini(Gemini):
    """Takes uncompressed answers of at most 32 MiB, from the configured address alone."""

    def __init__(self, **fields: Any) -> None:  # noqa: ANN401 - pydantic's own
        options = HttpOptions(
            # A few compressed bytes can expand to gigabytes.
            headers={"accept-encoding": "identity"},
            async_client_args={"event_hooks": {"response": [_bound]}, "follow_redirects": False},
        )
        super().__init__(**{"client_kwargs": {"http_options": options}, **fields})


def register_bounded_model() -> None:
    """Replaces google-adk's class for the agents of this process that name a Gemini model."""
    LLMRegistry.register(BoundedGemini)


async def _bound(response: httpx.Response) -> None:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":
        raise _refusal(f"The model answered with {encoding[:20]}, which was not asked for.")
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Counted(response.stream)


class _Counted(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = MAX_ANSWER_BYTES
        async for chunk in self._stream:
            left -= len(chunk)
            if left < 0:
                raise _refusal(f"The model's answer is too long: at most {MAX_ANSWER_BYTES} bytes are read.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


def _refusal(message: str) -> ServerError:
    return ServerError(502, {"error": {"code": 502, "message": message, "status": "UNAVAILABLE"}})
