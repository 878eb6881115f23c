"""The only place that reads the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gcp_agent.a2a.settings import A2aSettings, is_loopback, read_a2a_settings
from gcp_agent.firestore.access import GoogleAccess, create_credentials, read_access, read_identity
from gcp_agent.firestore.uri import is_firestore, read_uri
from gcp_agent.tracing import TracingSettings

_PROJECT = Path(__file__).parent.parent


class SettingsError(Exception):
    """All problems of the environment together, one per line."""


@dataclass(frozen=True)
class Settings:
    """The settings of this process; only made by `read_settings`."""

    host: str
    port: int
    # Only this machine calls, so another Host is an attack (DNS rebinding). Not in a rehearsal, where a
    # loopback address stands for the task's own, behind a load balancer.
    this_machine_only: bool
    agents_dir: Path
    # google-adk's URI: sqlite:///path, or a service of Google Cloud.
    session_service_uri: str
    # How Firestore is reached from AWS; None if Google's default credentials apply.
    google_access: GoogleAccess | None
    artifact_service_uri: str
    allow_origins: tuple[str, ...]
    # The built chat page, served at / if set.
    page_dir: Path | None
    # The commit of the image, shown at /version.
    revision: str
    # The environment named in metric lines; None if none are written.
    metrics_environment: str | None
    # None if A2A is not served.
    a2a: A2aSettings | None
    # None if no traces are recorded.
    tracing: TracingSettings | None


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Raises SettingsError with every invalid variable; an empty value counts as not set."""
    problems: list[str] = []

    def value(name: str, default: str) -> str:
        return environment.get(name) or default

    port_text = value("PORT", "8080")
    port = int(port_text) if port_text.isdecimal() else -1
    if not 0 <= port <= 65535:
        problems.append(f'PORT must be a port number, not "{port_text}".')

    agents_dir = Path(value("AGENTS_DIR", str(_PROJECT / "agents")))
    if not agents_dir.is_dir():
        problems.append(f'AGENTS_DIR: there is no folder "{agents_dir}".')

    page_text = value("PAGE_DIR", "")
    page_dir = Path(page_text) if page_text else None
    if page_dir and not (page_dir / "index.html").is_file():
        problems.append(f'PAGE_DIR: there is no index.html in "{page_dir}".')

    session_service_uri = value("SESSION_SERVICE_URI", "")
    if not session_service_uri and value("LORNU_SESSION_STORE", "") == "firestore":
        # Terraform gives both agents this name for the shared conversations.
        project, database = value("GOOGLE_CLOUD_PROJECT", ""), value("FIRESTORE_DATABASE", "")
        session_service_uri = f"firestore://{project}/{database}"
    google_access = None
    if is_firestore(session_service_uri):
        google_access = read_access(environment)
        try:
            read_uri(session_service_uri)
            if google_access:
                create_credentials(google_access)
        except ValueError as error:
            problems.append(f"SESSION_SERVICE_URI: {error}")

    host = value("HOST", "127.0.0.1")
    a2a = read_a2a_settings(environment, host, problems)
    trace_url, project = value("LORNU_TRACE_URL", ""), value("GOOGLE_CLOUD_PROJECT", "")
    trace_host = urlsplit(trace_url).hostname or ""
    if trace_url and not (trace_url.startswith("https://") or is_loopback(trace_host)):
        problems.append(f'LORNU_TRACE_URL must be https://: a token is sent to it; got "{trace_url}".')
    if trace_url and not project:
        problems.append("GOOGLE_CLOUD_PROJECT must name the project of LORNU_TRACE_URL; it is not set.")
    if problems:
        raise SettingsError("\n".join(problems))
    data_dir = Path(value("DATA_DIR", str(_PROJECT / ".data"))).resolve()
    return Settings(
        host=host,
        port=port,
        this_machine_only=is_loopback(host) and environment.get("LORNU_REHEARSAL") != "1",
        agents_dir=agents_dir,
        session_service_uri=session_service_uri or f"sqlite:///{data_dir / 'sessions.db'}",
        google_access=google_access,
        artifact_service_uri=value("ARTIFACT_SERVICE_URI", (data_dir / "artifacts").as_uri()),
        allow_origins=tuple(filter(None, value("ALLOW_ORIGINS", "").split(","))),
        page_dir=page_dir,
        revision=value("LORNU_REVISION", "dev"),
        metrics_environment=value("LORNU_ENVIRONMENT", "local")
        if value("LORNU_METRICS", "") == "emf"
        else None,
        a2a=a2a,
        tracing=TracingSettings(trace_url, project, read_identity(environment)) if trace_url else None,
    )
