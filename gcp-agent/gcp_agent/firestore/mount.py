"""Adds shared conversations to the application."""

from __future__ import annotations

from fastapi import FastAPI, Request
from google.adk.cli.service_registry import get_service_registry
from google.adk.errors._stale_session_error import StaleSessionError
from starlette.responses import Response

from gcp_agent.firestore.turn_gate import TurnGate, refuse


def add_firestore(app: FastAPI, uri: str) -> None:
    """Turns hold their session; a writer that is too late gets 409."""
    app.add_middleware(TurnGate, sessions=get_service_registry().create_session_service(uri))

    @app.exception_handler(StaleSessionError)
    async def overtaken(_request: Request, error: StaleSessionError) -> Response:
        return refuse(error)
