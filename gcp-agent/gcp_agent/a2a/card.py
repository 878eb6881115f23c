"""The agent card: only from the configuration, without the agent's instruction."""

from __future__ import annotations

from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    HTTPAuthSecurityScheme,
    SecurityRequirement,
    SecurityScheme,
    StringList,
)
from google.adk.version import __version__ as adk_version

_TEXT = "text/plain"


def create_card(url: str, description: str, audience: str | None) -> AgentCard:
    """Lists 1.0 and 0.3 by name, because a 0.3 client that finds no interface of its version gives up.

    `audience`: the required audience of tokens; None if no token is required.
    """
    card = AgentCard(
        name="lornu",
        description=description,
        version="1.0.0",
        supported_interfaces=[
            AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version="1.0"),
            AgentInterface(url=url, protocol_binding="JSONRPC", protocol_version="0.3"),
        ],
        capabilities=AgentCapabilities(streaming=True, push_notifications=False, extended_agent_card=False),
        default_input_modes=[_TEXT, "image/png", "image/jpeg", "application/pdf"],
        default_output_modes=[_TEXT],
        skills=[
            AgentSkill(
                id="environment",
                name="Environment on Google Cloud",
                description="Answers questions about the environment on Google Cloud.",
                tags=["environment", "status", f"google-adk {adk_version}"],
                examples=["What is the status of your environment?"],
            )
        ],
    )
    if audience is not None:
        bearer = HTTPAuthSecurityScheme(
            scheme="bearer", bearer_format="JWT", description=f"A Google ID token for the audience {audience}"
        )
        card.security_schemes["google"].CopyFrom(SecurityScheme(http_auth_security_scheme=bearer))
        card.security_requirements.append(SecurityRequirement(schemes={"google": StringList(list=[])}))
    return card
