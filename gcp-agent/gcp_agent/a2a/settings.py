"""The environment variables of A2A; the names are those of the service on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from gcp_agent.a2a.card_signing import CardSigner

_GOOGLE = "https://accounts.google.com"
_GOOGLE_KEYS = "https://www.googleapis.com/oauth2/v3/certs"


@dataclass(frozen=True)
class A2aSettings:
    """Who may call over A2A, and the address."""

    # Without a trailing slash; None: this machine's own address.
    public_url: str | None
    issuer: str
    jwks_url: str
    audience: str
    # Lower-case e-mail addresses of service accounts. Empty: no authentication, which only a loopback address
    # may have.
    allowed_emails: frozenset[str]
    # None: the card is not signed.
    signer: CardSigner | None

    @property
    def is_open(self) -> bool:
        return not self.allowed_emails


def read_a2a_settings(environment: Mapping[str, str], host: str, problems: list[str]) -> A2aSettings | None:
    """None if A2A is not served: on an address that others can reach, without a list of callers."""

    def value(name: str, default: str = "") -> str:
        return environment.get(name) or default

    emails = frozenset(
        email.strip().lower() for email in value("A2A_ALLOWED_EMAILS").split(",") if email.strip()
    )
    if not emails and not is_loopback(host):
        return None
    public_url = value("LORNU_PUBLIC_URL").rstrip("/")
    audience = value("A2A_TOKEN_AUDIENCE", public_url)
    issuer = value("A2A_TOKEN_ISSUER", _GOOGLE)
    jwks_url = value("A2A_TOKEN_JWKS_URL", _GOOGLE_KEYS)
    if emails and not audience:
        problems.append(
            "A2A_TOKEN_AUDIENCE must be set, or LORNU_PUBLIC_URL: tokens are made for us alone; neither is."
        )
    if not public_url and not is_loopback(host):
        problems.append("LORNU_PUBLIC_URL must be set: the agent card names the address that callers use.")
    for name, url in {
        "LORNU_PUBLIC_URL": public_url,
        "A2A_TOKEN_ISSUER": issuer,
        "A2A_TOKEN_JWKS_URL": jwks_url,
    }.items():
        if url and not is_safe_url(url):
            problems.append(f'{name} must be an https:// URL (http:// on a loopback address), not "{url}".')
    signer = None
    if key := value("A2A_SIGNING_KEY"):
        try:
            signer = CardSigner(key)
        except ValueError as error:
            problems.append(f"A2A_SIGNING_KEY is {error}.")
    return A2aSettings(public_url or None, issuer, jwks_url, audience, emails, signer)


def is_loopback(host: str) -> bool:
    """127.0.0.0/8, ::1 and localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_safe_url(url: str) -> bool:
    """Whether tokens and keys may be sent to this address."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "http":
        return is_loopback(parts.hostname or "")
    return parts.scheme == "https" and bool(parts.hostname)
