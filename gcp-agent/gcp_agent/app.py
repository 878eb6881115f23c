"""Builds the FastAPI application from google-adk's own routes."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.staticfiles import StaticFiles
from google.adk.cli.fast_api import get_fast_api_app
from google.adk.cli.utils.service_factory import (
    create_artifact_service_from_options,
    create_session_service_from_options,
)

from gcp_agent.a2a.mount import add_a2a
from gcp_agent.bounded_model import register_bounded_model
from gcp_agent.faults import Faults
from gcp_agent.firestore.uri import is_firestore
from gcp_agent.pages import add_pages
from gcp_agent.referenced_files import PLUGIN, add_session_deletion
from gcp_agent.refusals import add_refusals
from gcp_agent.settings import Settings
from gcp_agent.sqlite_sessions import register_sqlite
from gcp_agent.tracing import start_tracing

_SQLITE = "sqlite:///"


def create_app(settings: Settings) -> FastAPI:
    """google-adk's production routes, with A2A and, if configured, the page.

    `web=False` leaves out the developer pages, which may write and import Python files.
    """
    if settings.session_service_uri.startswith(_SQLITE):
        Path(settings.session_service_uri.removeprefix(_SQLITE)).parent.mkdir(parents=True, exist_ok=True)
    is_shared = is_firestore(settings.session_service_uri)
    if is_shared:
        # The Firestore client is large: import it only if it is used.
        from gcp_agent.firestore.session_service import register_firestore

        register_firestore(settings.google_access)
    if settings.tracing:
        start_tracing(settings.tracing, settings.revision)
    register_sqlite()
    register_bounded_model()
    app = get_fast_api_app(
        agents_dir=str(settings.agents_dir),
        session_service_uri=settings.session_service_uri,
        artifact_service_uri=settings.artifact_service_uri,
        allow_origins=list(settings.allow_origins) or None,
        host=settings.host,
        # With a loopback address google-adk refuses requests with another Host (DNS rebinding).
        bind_host=settings.host if settings.this_machine_only else "0.0.0.0",  # noqa: S104 - what it is told, not bound
        port=settings.port,
        web=False,
        extra_plugins=[PLUGIN],
    )
    _add_version(app, settings.revision)
    agents_dir = settings.agents_dir
    sessions = create_session_service_from_options(
        base_dir=agents_dir, session_service_uri=settings.session_service_uri
    )
    artifacts = create_artifact_service_from_options(
        base_dir=agents_dir, artifact_service_uri=settings.artifact_service_uri, strict_uri=True
    )
    add_pages(app, sessions, artifacts)
    add_session_deletion(app, sessions, artifacts)
    if is_shared:
        from gcp_agent.firestore.mount import add_firestore

        add_firestore(app, settings.session_service_uri)
    if settings.a2a:
        add_a2a(
            app,
            settings.a2a,
            agents_dir=agents_dir,
            own_url=f"http://{settings.host}:{settings.port}",
            sessions=sessions,
            artifacts=artifacts,
        )
    add_refusals(app)
    if settings.metrics_environment:
        # The outermost middleware, so that refusals above do not count as faults.
        app.add_middleware(Faults, environment=settings.metrics_environment)
    if settings.page_dir:
        # Last, so that google-adk's routes take precedence; only files of the page are served here.
        app.mount("/", StaticFiles(directory=settings.page_dir, html=True), name="page")
    return app


def _add_version(app: FastAPI, revision: str) -> None:
    """Adds the revision to google-adk's /version: a deploy waits until every task reports it."""
    own = next(route for route in app.routes if isinstance(route, APIRoute) and route.path == "/version")
    of_adk = own.endpoint

    async def version() -> dict[str, str]:
        return {**await of_adk(), "revision": revision}

    app.router.routes.insert(0, APIRoute("/version", version, methods=["GET"]))
