"""Continues the traces of A2A callers and sends the spans to Google Cloud Trace."""

from __future__ import annotations

import os
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import google.auth
from google.auth.credentials import Credentials
from google.auth.transport.requests import AuthorizedSession
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, SamplingResult
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gcp_agent.firestore.access import GoogleAccess, create_credentials

_SCOPES = ("https://www.googleapis.com/auth/trace.append",)


@dataclass(frozen=True)
class TracingSettings:
    """Where spans are sent, and as whom."""

    url: str
    # The project whose Cloud Trace it is.
    project: str
    # None if Google's default credentials apply.
    access: GoogleAccess | None


def start_tracing(settings: TracingSettings, revision: str) -> None:
    """Sets OpenTelemetry up; call it before google-adk's application is made.

    Only traces that an authenticated A2A caller has begun are recorded: google-adk opens a span for every
    request, and by a header anybody could have it recorded. Message contents stay out of spans unless
    google-adk's own variable enables them.
    """
    os.environ.setdefault("ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS", "false")
    resource = Resource.create(
        {
            "service.name": "gcp-agent",
            "service.version": revision,
            "gcp.project_id": settings.project,
        }
    )
    sampler = ParentBased(root=ALWAYS_OFF, remote_parent_sampled=_OfAdmittedCallers())
    provider = TracerProvider(resource=resource, sampler=sampler)
    session = AuthorizedSession(_credentials(settings.access))
    exporter = OTLPSpanExporter(endpoint=f"{settings.url.rstrip('/')}/v1/traces", session=session)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def _credentials(access: GoogleAccess | None) -> Credentials:
    if access:
        return create_credentials(access, _SCOPES)
    credentials, _ = google.auth.default(scopes=_SCOPES)
    return credentials


# Whether the request that is served has passed the gate.
_is_admitted: ContextVar[bool] = ContextVar("is_admitted", default=False)


class _OfAdmittedCallers(Sampler):
    """Records what a caller has recorded, once the request has passed the gate."""

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:  # noqa: ANN401 - passed on as they are
        return (ALWAYS_ON if _is_admitted.get() else ALWAYS_OFF).should_sample(*args, **kwargs)

    def get_description(self) -> str:
        return "OfAdmittedCallers"


class TraceRequests:
    """A server span for each request of an authenticated caller, as a child of the caller's span."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._tracer = trace.get_tracer("lornu")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes everything on unchanged, including errors."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The caller's span, not that of google-adk, which is not recorded.
        parent = propagate.extract(dict(Headers(scope=scope)), context=Context())
        _is_admitted.set(True)
        method, path = scope["method"], scope["path"]
        with self._tracer.start_as_current_span(
            f"{method} {path}",
            context=parent,
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "http.route": path, "url.path": path},
            # An error's message may quote a conversation.
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def sending(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, sending)
