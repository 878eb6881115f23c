"""Adds A2A to the service: JSON-RPC at /a2a/lornu, with the card below it and at the root."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from fastapi import FastAPI
from google.adk.agents import BaseAgent
from google.adk.artifacts import BaseArtifactService
from google.adk.cli.utils.agent_loader import AgentLoader
from google.adk.runners import Runner
from google.adk.sessions import BaseSessionService
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gcp_agent.a2a.card import create_card
from gcp_agent.a2a.executor import AdkExecutor
from gcp_agent.a2a.gate import MAX_BODY_BYTES, Gate
from gcp_agent.a2a.handler import GuardedHandler
from gcp_agent.a2a.settings import A2aSettings
from gcp_agent.a2a.task_store import BoundedTaskStore
from gcp_agent.a2a.tokens import TokenVerifier
from gcp_agent.referenced_files import PLUGIN, ReferencedFiles
from gcp_agent.tracing import TraceRequests

logger = logging.getLogger(__name__)

APP_NAME = "lornu"
PATH = f"/a2a/{APP_NAME}"
_CARD = "/.well-known/agent-card.json"
_KEYS = "/.well-known/jwks.json"
# A card only changes with a deployment.
_CARD_CACHE = "public, max-age=300"


def add_a2a(
    app: FastAPI,
    settings: A2aSettings,
    *,
    agents_dir: Path,
    own_url: str,
    sessions: BaseSessionService,
    artifacts: BaseArtifactService,
) -> None:
    """Serves the agent `lornu` of the folder; does nothing without one.

    `own_url`: address of this process, for the card if no public address is set.
    """
    if not (agents_dir / APP_NAME).is_dir():
        return
    try:
        agent = cast(BaseAgent, AgentLoader(str(agents_dir)).load_agent(APP_NAME))
    except Exception:
        # google-adk's routes report a broken agent; the others are served.
        logger.exception("The agent %s can't be loaded: it is not served over A2A", APP_NAME)
        return
    verifier = None
    if not settings.is_open:
        verifier = TokenVerifier(settings.issuer, settings.jwks_url, settings.audience)
    url = f"{settings.public_url or own_url}{PATH}"
    card = create_card(url, agent.description, None if verifier is None else settings.audience)
    if settings.signer:
        card = settings.signer.sign(card, f"{url}{_KEYS}")
        app.routes.append(Route(f"{PATH}{_KEYS}", _answer(settings.signer.public_keys)))
    runner = Runner(
        app_name=APP_NAME,
        agent=agent,
        plugins=[ReferencedFiles(PLUGIN)],
        session_service=sessions,
        artifact_service=artifacts,
    )
    handler = GuardedHandler(
        agent_executor=AdkExecutor(runner), task_store=BoundedTaskStore(), agent_card=card
    )
    for card_url in (_CARD, f"{PATH}{_CARD}"):
        app.routes.extend(create_agent_card_routes(card, card_url=card_url, cache_control=_CARD_CACHE))
    gate = Middleware(Gate, verifier=verifier, allowed_emails=settings.allowed_emails)
    for route in create_jsonrpc_routes(handler, PATH, enable_v0_3_compat=True):
        app.routes.append(
            Route(
                route.path,
                route.endpoint,
                methods=sorted(route.methods or []),
                middleware=[
                    gate,
                    # Behind the gate: nobody else may have spans stored.
                    Middleware(TraceRequests),
                    Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
                ],
            )
        )


def _answer(value: object) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return JSONResponse(value)

    return answer
