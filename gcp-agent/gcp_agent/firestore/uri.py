"""`firestore://project/database`, the form of SESSION_SERVICE_URI for the shared conversations."""

from __future__ import annotations

from urllib.parse import unquote, urlparse

SCHEME = "firestore"


def is_firestore(uri: str) -> bool:
    """Whether the address has this form."""
    return uri.startswith(f"{SCHEME}:")


def read_uri(uri: str) -> tuple[str, str]:
    """Project and database. Raises ValueError; a missing database never means (default)."""
    parsed = urlparse(uri)
    project, database = parsed.netloc, unquote(parsed.path.removeprefix("/"))
    if database == "(default)":
        raise ValueError("the database must have a name of its own; (default) is production's.")
    if not project or not database or "/" in database:
        raise ValueError("write firestore://project/database, such as firestore://lornu/staging.")
    return project, database
